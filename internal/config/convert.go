package config

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/instar-registry/instar/internal/nearest"
)

// convert turns the written form of a value into the Go value of its field. The
// error has no place and no key; the caller knows both.
func (k *Key) convert(text string) (any, error) {
	if len(k.Enum) > 0 {
		return k.convertEnum(text)
	}
	switch k.Type {
	case Switch:
		switch text {
		case "true":
			return true, nil
		case "false":
			return false, nil
		}
		return nil, errors.New("is neither true nor false")
	case Number:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, errors.New("is not a whole number")
		}
		return n, k.inRange(n)
	case Size:
		b, err := parseBytes(text)
		if err != nil {
			return nil, err
		}
		return int64(b), k.inRange(int64(b))
	case Duration:
		d, err := parseDuration(text)
		if err != nil {
			return nil, err
		}
		return int64(d), k.inRange(int64(d))
	case List:
		return splitList(text), nil
	}
	return text, nil
}

func (k *Key) convertEnum(text string) (any, error) {
	for _, e := range k.Enum {
		if !strings.EqualFold(e, text) {
			continue
		}
		if k.Type == Number {
			n, err := strconv.ParseInt(e, 10, 64)
			return n, err
		}
		return e, nil
	}
	err := "is none of " + strings.Join(k.Enum, ", ")
	known := upper(k.Enum)
	if near := nearest.Name(strings.ToUpper(text), known); near != "" {
		err += fmt.Sprintf("; did you mean %s?", k.Enum[slices.Index(known, near)])
	}
	return nil, errors.New(err)
}

func upper(in []string) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = strings.ToUpper(s)
	}
	return out
}

// bound reads a bound of the key, which a test proves well formed.
func (k *Key) bound(text string) (int64, bool) {
	if text == "" {
		return 0, false
	}
	switch k.Type {
	case Size:
		b, err := parseBytes(text)
		return int64(b), err == nil
	case Duration:
		d, err := parseDuration(text)
		return int64(d), err == nil
	default:
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
}

func (k *Key) inRange(n int64) error {
	if low, ok := k.bound(k.Min); ok && n < low {
		return fmt.Errorf("is below the minimum of %s", k.Min)
	}
	if high, ok := k.bound(k.Max); ok && n > high {
		return fmt.Errorf("is above the maximum of %s", k.Max)
	}
	return nil
}

func splitList(text string) []string {
	var out []string
	for _, s := range strings.Split(text, ",") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// set stores a converted value in the field of the key.
func (k *Key) set(c *Config, v any) {
	f := reflect.ValueOf(c).Elem().FieldByIndex(k.index)
	switch v := v.(type) {
	case bool:
		f.SetBool(v)
	case int64:
		f.SetInt(v)
	case []string:
		f.Set(reflect.ValueOf(v))
	case string:
		f.SetString(v)
	}
}

// format writes the field of the key as a file would; secrets come out masked.
func (k *Key) format(c *Config) string {
	f := reflect.ValueOf(c).Elem().FieldByIndex(k.index)
	switch k.Type {
	case Switch:
		return strconv.FormatBool(f.Bool())
	case Number, Size, Duration:
		return formatInt(k.Type, f.Int())
	case List:
		return strings.Join(f.Interface().([]string), ",")
	case Hidden:
		return Secret(f.String()).String()
	}
	return f.String()
}

func formatInt(t Type, n int64) string {
	switch t {
	case Size:
		return Bytes(n).String()
	case Duration:
		return formatDuration(time.Duration(n))
	}
	return strconv.FormatInt(n, 10)
}

// copy takes the field of the key from src.
func (k *Key) copy(dst, src *Config) {
	reflect.ValueOf(dst).Elem().FieldByIndex(k.index).Set(reflect.ValueOf(src).Elem().FieldByIndex(k.index))
}

// equalValue compares the field of the key, secrets by their content.
func equalValue(k *Key, a, b *Config) bool {
	return reflect.DeepEqual(
		reflect.ValueOf(a).Elem().FieldByIndex(k.index).Interface(),
		reflect.ValueOf(b).Elem().FieldByIndex(k.index).Interface())
}
