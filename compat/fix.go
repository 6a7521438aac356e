package compat

import (
	"strconv"

	"github.com/instar-registry/instar/internal/jsonx"
)

// FixKind names a way to edit a schema so that a finding goes away.
type FixKind string

// The kinds of fixes. Those that ask for a value say so in [Fix.Asks].
const (
	FixAddDefault     FixKind = "add-default"     // give the field a default value
	FixRestoreField   FixKind = "restore-field"   // bring the field, property or value back as it was
	FixRestoreType    FixKind = "restore-type"    // bring the old type back
	FixMakeNullable   FixKind = "make-nullable"   // let null be a value again
	FixMakeOptional   FixKind = "make-optional"   // stop requiring the property
	FixKeepAlias      FixKind = "keep-alias"      // keep the old name as an alias
	FixKeepName       FixKind = "keep-name"       // bring the old name back
	FixKeepJSONName   FixKind = "keep-json-name"  // keep the old name as json_name
	FixReserveNumber  FixKind = "reserve-number"  // reserve the number
	FixReserveName    FixKind = "reserve-name"    // reserve the name
	FixKeepSymbol     FixKind = "keep-symbol"     // keep the enum symbol or value
	FixEnumDefault    FixKind = "enum-default"    // give the enum a default symbol
	FixKeepBranch     FixKind = "keep-branch"     // keep the branch of the union or combinator
	FixWiden          FixKind = "widen"           // add the new type beside the old one instead of replacing it
	FixNewField       FixKind = "new-field"       // a new field beside the old one, which is deprecated
	FixRelaxBound     FixKind = "relax-bound"     // set the bound so that both sides' values fit
	FixDropConstraint FixKind = "drop-constraint" // remove the new constraint
	FixKeepConstraint FixKind = "keep-constraint" // bring the old constraint back
	FixOpenObject     FixKind = "open-object"     // let undeclared properties pass
	FixNewSubject     FixKind = "new-subject"     // register under a new major subject
	FixKeepNumbers    FixKind = "keep-numbers"    // give the fields of one or all messages their old numbers back
	FixRestoreMessage FixKind = "restore-message" // bring the message's fields back as they were
	FixUpcaster       FixKind = "upcaster"        // migrate old events by an upcaster
)

// Fix is an edit of the candidate that removes a finding. It was applied and the
// pair asked again before it was offered: the finding is gone and nothing as
// severe has come in its place.
type Fix struct {
	Kind  FixKind
	Title string
	// Safe says that it asks nothing and changes no meaning.
	Safe bool
	// Asks names the values that stand in Edits as a proposal and are the
	// author's to choose.
	Asks []string
	// Document is the reference that is edited; empty for the candidate itself.
	Document string
	// Edits do not overlap and are ordered by offset.
	Edits []TextEdit
}

// TextEdit replaces Delete bytes at byte Offset of a text.
type TextEdit struct {
	Offset, Delete int
	Insert         string
}

func (x *Fix) appendJSON(dst []byte) []byte {
	w := jsonWriter{dst: append(dst, '{')}
	w.str("id", string(x.Kind))
	w.str("title", x.Title)
	w.raw("safe", strconv.AppendBool(nil, x.Safe))
	if len(x.Asks) > 0 {
		w.strs("asks", x.Asks)
	}
	if x.Document != "" {
		w.str("document", x.Document)
	}
	w.key("edits")
	w.dst = append(w.dst, '[')
	for i, e := range x.Edits {
		if i > 0 {
			w.dst = append(w.dst, ',')
		}
		in := jsonWriter{dst: append(w.dst, '{')}
		in.num("offset", e.Offset)
		in.num("delete", e.Delete)
		in.key("insert")
		in.dst = jsonx.AppendQuoted(in.dst, e.Insert)
		w.dst = append(in.dst, '}')
	}
	return append(w.dst, "]}"...)
}
