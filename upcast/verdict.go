package upcast

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/instar-registry/instar/schema"
)

// Outcome is what a proof ends in.
type Outcome string

// The outcomes.
const (
	// Proved: every event of the source version has an image that is an event
	// of the target version, or an end that the document declares.
	Proved Outcome = "PROVED"
	// Refuted: one event has none.
	Refuted Outcome = "REFUTED"
	// Tested: neither was shown.
	Tested Outcome = "TESTED"
)

// Class says what the two directions of a hop lose.
type Class string

// The classes.
const (
	Iso       Class = "iso"        // nothing
	LossyUp   Class = "lossy-up"   // going up loses; up(down(y)) = y
	LossyDown Class = "lossy-down" // going down loses; down(up(x)) = x
	Lossy     Class = "lossy"      // both lose
	OneWay    Class = "one-way"    // there is no way down
)

// classOf names a class by the round trips that change nothing: up and down, down
// and up.
func classOf(updown, downup bool) Class {
	switch {
	case updown && downup:
		return Iso
	case updown:
		return LossyDown
	case downup:
		return LossyUp
	default:
		return Lossy
	}
}

// Verdict is the answer about one document and two schemas. It is immutable.
type Verdict struct {
	Outcome Outcome
	// Total says that no event ends in a dead letter.
	Total bool
	// Class is computed from the plans of both directions, never believed; NoDown
	// says why there is no way down.
	Class  Class
	NoDown string
	// Problems are all obligations that do not hold; the first is the one that
	// Event shows.
	Problems []Problem
	// Event is a least event of the source version that shows the problem, as
	// JSON; nil if it was not found.
	Event []byte
	// Image is what the steps make of Event, as JSON, where that is an event which
	// the target refuses; nil where there is no image.
	Image []byte
	// Events is how many events were tried: those that follow from Seed and the
	// numbers after it.
	Events int
	// Coverage is what of the source the events of a search had; nil unless the
	// outcome is Tested.
	Coverage *Coverage
	// Notes are facts that a reader should know; Assumptions are what the
	// document assumes and the proof rests on.
	Notes, Assumptions []string
}

// noDown says why the problem leaves no way down, and where.
func (p *Problem) noDown() string {
	if p.Path == "" || p.Path == "$" || strings.Contains(p.Message, p.Path) {
		return p.Message
	}
	return p.Path + ": " + p.Message
}

// Seed is the number of the first event of a search.
const Seed = 0

// verdictProblem is a problem as the REST surface shows it.
type verdictProblem struct {
	Obligation string        `json:"obligation,omitempty"`
	Step       int           `json:"step,omitempty"`
	Path       string        `json:"path,omitempty"`
	Reason     string        `json:"reason,omitempty"`
	Message    string        `json:"message,omitempty"`
	Fix        string        `json:"fix,omitempty"`
	Source     *verdictPlace `json:"source,omitempty"`
	Target     *verdictPlace `json:"target,omitempty"`
}

// verdictPlace is a place in one of the two schemas.
type verdictPlace struct {
	Pointer  string `json:"pointer"`
	Document string `json:"document,omitempty"`
	Line     int    `json:"line,omitempty"`
	Column   int    `json:"column,omitempty"`
}

func placeIn(p *schema.Place) *verdictPlace {
	if p == nil || p.Pointer == "" && p.Document == "" && !p.IsValid() {
		return nil
	}
	return &verdictPlace{p.Pointer, p.Document, p.Line, p.Column}
}

// MarshalJSON gives the verdict as the REST surface shows it.
func (v Verdict) MarshalJSON() ([]byte, error) {
	type problem = verdictProblem
	out := struct {
		Verdict Outcome `json:"verdict"`
		Total   bool    `json:"total"`
		Class   Class   `json:"class,omitempty"`
		NoDown  string  `json:"noDown,omitempty"`
		problem
		Event    json.RawMessage `json:"event,omitempty"`
		Image    json.RawMessage `json:"image,omitempty"`
		Problems []problem       `json:"problems,omitempty"`
		Events   int             `json:"events,omitempty"`
		Seed     *int            `json:"seed,omitempty"`
		Open     []string        `json:"open,omitempty"`
		Coverage *Coverage       `json:"coverage,omitempty"`
		Notes    []string        `json:"notes,omitempty"`
		Assume   []string        `json:"assumptions,omitempty"`
		Prover   string          `json:"prover"`
	}{Verdict: v.Outcome, Total: v.Total && v.Outcome != Refuted, Class: v.Class, NoDown: v.NoDown, Event: v.Event, Image: v.Image, Notes: v.Notes, Assume: v.Assumptions, Prover: ProverVersion}
	for i, p := range v.Problems {
		x := problem{p.Obligation, p.Step, p.Path, p.Reason, p.Message, p.Fix, placeIn(p.Source), placeIn(p.Target)}
		if i == 0 {
			out.problem = x
		}
		out.Problems = append(out.Problems, x)
	}
	if v.Outcome == Tested {
		seed := Seed
		out.Events, out.Seed, out.Coverage = v.Events, &seed, v.Coverage
		for _, p := range v.Problems {
			if !slices.Contains(out.Open, p.Obligation) {
				out.Open = append(out.Open, p.Obligation)
			}
		}
		slices.Sort(out.Open)
	}
	if v.Outcome == Refuted && v.Image == nil && v.Event != nil {
		out.Image = json.RawMessage("null")
	}
	return json.Marshal(out)
}
