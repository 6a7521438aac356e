package api

import (
	"strings"

	"github.com/instar-registry/instar/api/wire"
	"github.com/instar-registry/instar/registry"
)

// matrix answers for every pair of versions of a subject.
func matrix(x *request) error {
	written := x.subject()
	req := registry.MatrixRequest{Policy: x.text("policy"), Deleted: x.flag("deleted")}
	for _, item := range x.arg("versions").list {
		ranges, err := readVersions(item)
		if err != nil {
			return err
		}
		req.Versions = append(req.Versions, ranges...)
	}
	if err := x.view(func(st *registry.State) error {
		if x.findSubject(st, written) == nil {
			return subjectNotFound(written)
		}
		req.Name = st.Alias(written)
		return nil
	}); err != nil {
		return err
	}
	m, err := x.api.service.Matrix(x.ctx, req)
	if err != nil {
		return err
	}
	out := wire.Matrix{
		Subject: m.Name.String(), Policy: m.Policy.String(), Versions: []int{}, Cells: [][]string{}, Engine: registry.EngineVersion(),
		Worst: wire.MatrixCell{Cell: string(m.Worst), Reader: m.Reader, Writer: m.Writer},
	}
	for _, v := range m.Versions {
		out.Versions = append(out.Versions, v.Number)
		if v.Deleted {
			out.Deleted = append(out.Deleted, v.Number)
		}
	}
	for _, row := range m.Cells {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = string(c)
		}
		out.Cells = append(out.Cells, cells)
	}
	return x.fresh(out)
}

// readVersions reads versions between commas: numbers, "latest", and ranges such
// as 3-7.
func readVersions(s string) ([]registry.VersionRange, error) {
	var out []registry.VersionRange
	for item := range strings.SplitSeq(s, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		first, last, isRange := strings.Cut(item, "-")
		if !isRange || first == "" { // "-1" is the newest version
			first, last = item, item
		}
		from, err := registry.ParseVersion(first)
		if err != nil {
			return nil, err
		}
		to, err := registry.ParseVersion(last)
		if err != nil {
			return nil, err
		}
		if isRange && first != item && (from < 1 || to < from) {
			return nil, badRequest("The query parameter versions has the range %q; a range is two version numbers, the lower one first", clip(item, 40))
		}
		out = append(out, registry.VersionRange{First: from, Last: to})
	}
	return out, nil
}
