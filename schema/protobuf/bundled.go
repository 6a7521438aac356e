package protobuf

import (
	"embed"
	"slices"
	"strings"
	"sync"

	"github.com/bufbuild/protocompile/linker"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/apipb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/sourcecontextpb"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/typepb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/instar-registry/instar/schema"
)

//go:embed bundled
var bundledSources embed.FS

// compiled are the bundled files that the Protobuf runtime brings along as
// descriptors. They always win over a declared reference of the same name,
// because options are read with the runtime's own descriptor.proto.
var compiled = map[string]protoreflect.FileDescriptor{
	"google/protobuf/any.proto":            anypb.File_google_protobuf_any_proto,
	"google/protobuf/api.proto":            apipb.File_google_protobuf_api_proto,
	"google/protobuf/descriptor.proto":     descriptorpb.File_google_protobuf_descriptor_proto,
	"google/protobuf/duration.proto":       durationpb.File_google_protobuf_duration_proto,
	"google/protobuf/empty.proto":          emptypb.File_google_protobuf_empty_proto,
	"google/protobuf/field_mask.proto":     fieldmaskpb.File_google_protobuf_field_mask_proto,
	"google/protobuf/source_context.proto": sourcecontextpb.File_google_protobuf_source_context_proto,
	"google/protobuf/struct.proto":         structpb.File_google_protobuf_struct_proto,
	"google/protobuf/timestamp.proto":      timestamppb.File_google_protobuf_timestamp_proto,
	"google/protobuf/type.proto":           typepb.File_google_protobuf_type_proto,
	"google/protobuf/wrappers.proto":       wrapperspb.File_google_protobuf_wrappers_proto,
}

// sourceNames are the bundled files that are compiled from embedded text.
var sourceNames = []string{
	"confluent/meta.proto", "confluent/type/decimal.proto", "confluent/type/variant.proto",
	"google/type/calendar_period.proto", "google/type/color.proto", "google/type/date.proto",
	"google/type/datetime.proto", "google/type/dayofweek.proto", "google/type/decimal.proto",
	"google/type/expr.proto", "google/type/fraction.proto", "google/type/interval.proto",
	"google/type/latlng.proto", "google/type/money.proto", "google/type/month.proto",
	"google/type/phone_number.proto", "google/type/postal_address.proto",
	"google/type/quaternion.proto", "google/type/timeofday.proto",
}

// bundledFile is one bundled file, linked at first use and shared by every
// schema after that.
type bundledFile struct {
	once sync.Once
	file linker.File
	err  error
}

var bundledFiles = func() map[string]*bundledFile {
	files := map[string]*bundledFile{}
	for _, name := range BundledFiles() {
		files[name] = &bundledFile{}
	}
	return files
}()

// BundledFiles lists, sorted, the import paths that need no reference.
func BundledFiles() []string {
	names := slices.Clone(sourceNames)
	for name := range compiled {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// IsBundled reports whether an import path needs no reference.
func IsBundled(path string) bool { return bundledFiles[path] != nil }

// alwaysBundled reports whether the bundled file wins over a reference.
func alwaysBundled(path string) bool { return compiled[path] != nil }

// loadBundled returns a bundled file. An error is a mistake of ours.
func loadBundled(path string) (linker.File, error) {
	b := bundledFiles[path]
	b.once.Do(func() {
		defer shield("bundled file "+path, &b.err)
		if fd, ok := compiled[path]; ok {
			b.file, b.err = linker.NewFileRecursive(fd)
			return
		}
		b.file, b.err = linkBundled(path)
	})
	if b.err != nil {
		return nil, &schema.Bug{Where: "bundled file " + path, Cause: b.err}
	}
	return b.file, nil
}

func linkBundled(path string) (linker.File, error) {
	text, err := bundledSources.ReadFile("bundled/" + path)
	if err != nil {
		return nil, err
	}
	c := newCompiler(nil, schema.Options{Limits: schema.DefaultLimits()})
	return c.file(path, strings.TrimSpace(string(text)))
}
