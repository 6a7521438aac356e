package source

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func tarOf(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		body := make([]byte, h.Size)
		if h.Typeflag == tar.TypeReg && h.Size == 0 {
			body, h.Size = []byte(`"int"`), 5
		}
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipOf(t testing.TB, name string, mode os.FileMode, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.SetMode(mode)
	f, err := w.CreateHeader(h)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(body); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestArchives(t *testing.T) {
	good := tarOf(t, tar.Header{Name: "./d/", Typeflag: tar.TypeDir}, tar.Header{Name: "./d/a.avsc", Typeflag: tar.TypeReg})
	bomb := make([]byte, 4<<20)
	for name, c := range map[string]struct {
		body []byte
		want string // in the refusal; none if empty
	}{
		"good.tar":     {good, ""},
		"good.tar.gz":  {gzipOf(t, good), ""},
		"good.tgz":     {gzipOf(t, good), ""},
		"good.zip":     {zipOf(t, "d/a.avsc", 0o644, []byte(`"int"`)), ""},
		"up.tar":       {tarOf(t, tar.Header{Name: "../a.avsc", Typeflag: tar.TypeReg}), "leads out of the archive"},
		"inner.tar":    {tarOf(t, tar.Header{Name: "d/../../a.avsc", Typeflag: tar.TypeReg}), "leads out of the archive"},
		"abs.tar":      {tarOf(t, tar.Header{Name: "/a.avsc", Typeflag: tar.TypeReg}), "absolute name"},
		"link.tar":     {tarOf(t, tar.Header{Name: "a.avsc", Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}), "is a link or a device"},
		"hard.tar":     {tarOf(t, tar.Header{Name: "a.avsc", Typeflag: tar.TypeLink, Linkname: "b"}), "is a link or a device"},
		"large.tar":    {tarOf(t, tar.Header{Name: "a.avsc", Typeflag: tar.TypeReg, Size: MaxFileBytes + 1}), "at most"},
		"bomb.tar.gz":  {gzipOf(t, tarOf(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 4 << 20}, tar.Header{Name: "b", Typeflag: tar.TypeReg, Size: 4 << 20})), "more than 100 times its size"},
		"bomb.zip":     {zipOf(t, "a", 0o644, bomb), "more than 100 times its size"},
		"up.zip":       {zipOf(t, "../a.avsc", 0o644, nil), "leads out of the archive"},
		"windows.zip":  {zipOf(t, `c:\a.avsc`, 0o644, nil), "absolute name"},
		"link.zip":     {zipOf(t, "a.avsc", os.ModeSymlink|0o777, []byte("/etc/passwd")), "is a link or a device"},
		"broken.tar":   {good[:600], "unexpected EOF"},
		"broken.zip":   {[]byte("PK"), "not a valid zip file"},
		"broken.tgz":   {[]byte("xx"), "EOF"},
		"good.tar.bz2": {good, "is no archive"},
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, c.body, 0o600); err != nil {
			t.Fatal(err)
		}
		tree, err := Archive(file, name)
		switch {
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %s", name, err, c.want)
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want == "":
			if f := tree.Files(); len(f) != 1 || f[0].Path != "d/a.avsc" {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
}
