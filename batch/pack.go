package batch

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// packer packs and unpacks the blocks of a container file. It belongs to one
// goroutine.
type packer struct {
	codec  string
	deflat *flate.Writer
	enc    *zstd.Encoder
	dec    *zstd.Decoder
	buf    bytes.Buffer
}

func newPacker(codec string) (*packer, error) {
	p := &packer{codec: codec}
	var err error
	switch codec {
	case "", "null", "snappy":
	case "deflate":
		p.deflat, err = flate.NewWriter(nil, flate.DefaultCompression)
	case "zstandard":
		if p.enc, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1)); err == nil {
			p.dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(MaxBlock))
		}
	default:
		return nil, fmt.Errorf("its codec is %q; null, deflate, snappy and zstandard are known", codec)
	}
	return p, err
}

func (p *packer) close() {
	if p.dec != nil {
		p.dec.Close()
	}
}

func (p *packer) unpack(dst, data []byte) ([]byte, error) {
	switch p.codec {
	case "deflate":
		p.buf.Reset()
		n, err := io.Copy(&p.buf, io.LimitReader(flate.NewReader(bytes.NewReader(data)), MaxBlock+1))
		switch {
		case err != nil:
			return nil, err
		case n > MaxBlock:
			return nil, fmt.Errorf("it unpacks to more than %d bytes", MaxBlock)
		}
		return append(dst, p.buf.Bytes()...), nil
	case "snappy":
		return unsnap(dst, data)
	case "zstandard":
		return p.dec.DecodeAll(data, dst)
	default:
		return append(dst, data...), nil
	}
}

// unsnap unpacks a block, which ends with the checksum of what it holds.
func unsnap(dst, data []byte) ([]byte, error) {
	if len(data) < 4 {
		return nil, errors.New("it has no checksum")
	}
	body, sum := data[:len(data)-4], binary.BigEndian.Uint32(data[len(data)-4:])
	n, err := snappy.DecodedLen(body)
	switch {
	case err != nil:
		return nil, err
	case n > MaxBlock:
		return nil, fmt.Errorf("it unpacks to more than %d bytes", MaxBlock)
	}
	out, err := snappy.Decode(nil, body)
	switch {
	case err != nil:
		return nil, err
	case crc32.ChecksumIEEE(out) != sum:
		return nil, errors.New("its checksum is wrong")
	}
	return append(dst, out...), nil
}

func (p *packer) pack(dst, data []byte) ([]byte, error) {
	switch p.codec {
	case "deflate":
		p.buf.Reset()
		p.deflat.Reset(&p.buf)
		if _, err := p.deflat.Write(data); err != nil {
			return nil, err
		}
		if err := p.deflat.Close(); err != nil {
			return nil, err
		}
		return append(dst, p.buf.Bytes()...), nil
	case "snappy":
		dst = append(dst, snappy.Encode(nil, data)...)
		return binary.BigEndian.AppendUint32(dst, crc32.ChecksumIEEE(data)), nil
	case "zstandard":
		return p.enc.EncodeAll(data, dst), nil
	default:
		return append(dst, data...), nil
	}
}
