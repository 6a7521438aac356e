package lint

import (
	"github.com/instar-registry/instar/compat"
)

// Rule is a rule about the repository that is checked: how its files are mapped,
// what it waives, what it compares with. Rules about schemas are package compat's.
type Rule struct {
	// ID is "evcheck/<name>".
	ID       string
	Title    string
	Severity string
	// Purpose says what is wrong and why that matters, Remedy what to do.
	Purpose, Remedy string
	Since           string
}

// Help is the page of the rule, relative to the root of the repository.
func (r *Rule) Help() string { return "docs/rules/" + r.ID + ".md" }

// Rules returns the rules about repositories.
func Rules() []Rule { return repoRules }

// RuleByID returns a rule about repositories, or nil.
func RuleByID(id string) *Rule {
	for i := range repoRules {
		if repoRules[i].ID == id {
			return &repoRules[i]
		}
	}
	return nil
}

// RuleIDs lists the ids of all rules, those of schemas first.
func RuleIDs() []string {
	var out []string
	for _, r := range compat.Rules() {
		out = append(out, r.ID)
	}
	for i := range repoRules {
		out = append(out, repoRules[i].ID)
	}
	return out
}

// KnownRule reports whether an id names a rule of either kind.
func KnownRule(id string) bool { return RuleByID(id) != nil || compat.RuleByID(id) != nil }

// RuleBaseIsHead is the rule that refuses to compare a commit with itself.
const RuleBaseIsHead = "evcheck/base-is-head"

var repoRules = []Rule{
	{
		ID: "evcheck/nothing-compared", Title: "Nothing was compared", Severity: SeverityError, Since: "0.1.0",
		Purpose: "No schema file was found, or a base could not be read. A check that compares nothing must not be green, so the command ends with exit code 2.",
		Remedy:  "Correct `sources` in evcheck.yaml, or name a base that can be read.",
	},
	{
		ID: RuleBaseIsHead, Title: "The base is the head", Severity: SeverityError, Since: "0.1.0",
		Purpose: "In CI the commit to compare with is the one that is checked, so every change that is committed would be missed. The command ends with exit code 2. Where the base is called HEAD (`--against git:HEAD`), schemas of the working tree that differ from it, because a step of the job wrote them, are compared, and a remark says that nothing else is; where none differs, the command ends the same.",
		Remedy:  "Compare with the target branch, or with the commit before the push: `--against git:REF`. What is not committed is compared with those, too.",
	},
	{
		ID: "evcheck/empty-source", Title: "An entry of sources matches nothing", Severity: SeverityError, Since: "0.1.0",
		Purpose: "An entry of `sources` matches no file of the head and none of a base: a directory was renamed, or the pattern never fitted, and the schemas it meant are not checked.",
		Remedy:  "Correct the pattern or remove the entry.",
	},
	{
		ID: "evcheck/published-version-edited", Title: "A published version was edited", Severity: SeverityError, Since: "0.1.0",
		Purpose: "With `history: files` each file is one version of its subject. This one was there in the base, so events may have been written with it, and now it says something else or is gone.",
		Remedy:  "Restore the file and put the change into a new one.",
	},
	{
		ID: "evcheck/verdict-differs", Title: "Registry and evcheck disagree", Severity: SeverityError, Since: "0.1.0",
		Purpose: "With `--verdict both` or `server` the registry was asked as well, and its answer is another one. Its engine or its configuration differs.",
		Remedy:  "Compare the engines (`evcheck version`, the registry's `/v1/metadata/version`); the registry decides what may be registered.",
	},
	{
		ID: "evcheck/expired-waiver", Title: "A waiver is over", Severity: SeverityError, Since: "0.1.0",
		Purpose: "The day until which a waiver holds is past, so the findings that it covered are reported again.",
		Remedy:  "Mend what it covers, or decide anew and give it another day.",
	},
	{
		ID: "evcheck/waiver-without-reason", Title: "A waiver says too little", Severity: SeverityError, Since: "0.1.0",
		Purpose: "A waiver needs a reason that tells a later reader why the break was accepted, and a day within a year, or `permanent: true`. Without them it covers nothing.",
		Remedy:  "Add `reason:` with at least ten characters, and a nearer `until:`.",
	},
	{
		ID: "evcheck/ignore-without-reason", Title: "An ignore says too little", Severity: SeverityError, Since: "0.1.0",
		Purpose: "A mark in a schema text must name rules that exist and, after two hyphens, a reason. Without them it covers nothing.",
		Remedy:  "Write `evcheck:ignore RULE -- REASON`.",
	},
	{
		ID: "evcheck/upcaster-refuted", Title: "An upcaster is refuted", Severity: SeverityError, Since: "0.1.0",
		Purpose: "There is an event of the old version that the upcaster beside the schemas does not carry to a valid event of the new one.",
		Remedy:  "Mend the steps; the message shows the event.",
	},
	{
		ID: "evcheck/upcaster-below-verdict", Title: "An upcaster is not proved", Severity: SeverityError, Since: "0.1.0",
		Purpose: "The upcaster for this change does not reach the verdict that `upcasters.verdict` asks for, or it leaves some events without an image, so it bridges nothing.",
		Remedy:  "Replace what keeps it from being proved, or give each `else` a value.",
	},
	{
		ID: "evcheck/upcaster-test-failed", Title: "A test of an upcaster fails", Severity: SeverityError, Since: "0.1.0",
		Purpose: "A test in an upcaster document gives another result than it says.",
		Remedy:  "Mend the steps or the test.",
	},
	{
		ID: "evcheck/upcaster-stale", Title: "An upcaster is stale", Severity: SeverityError, Since: "0.1.0",
		Purpose: "The document names versions that are not those of the schemas beside it, or cannot be read.",
		Remedy:  "Write a document for the versions at hand: `evcheck upcast stub`.",
	},
	{
		ID: "evcheck/unused-waiver", Title: "A waiver covers nothing", Severity: SeverityError, Since: "0.1.0",
		Purpose: "A waiver matches no finding although everything it names was checked. It is an error where this change adds it, and a warning where it came with the base: the break that it covered is merged.",
		Remedy:  "Remove it, or correct what it names.",
	},
	{
		ID: "evcheck/unused-ignore", Title: "An ignore covers nothing", Severity: SeverityError, Since: "0.1.0",
		Purpose: "A mark in a schema text covers no finding. It is an error where this change adds it, and a warning where it came with the base.",
		Remedy:  "Remove it, or put it where the finding is: a deletion is ignored on its parent.",
	},
	{
		ID: "evcheck/unmapped-schema", Title: "A schema is mapped by nothing", Severity: SeverityWarning, Since: "0.1.0",
		Purpose: "A file looks like a schema, and no entry of `sources` matches it, so changes of it are not checked.",
		Remedy:  "Add it to `sources`, or exclude it with `!`.",
	},
	{
		ID: "evcheck/config-differs", Title: "The registry is configured otherwise", Severity: SeverityWarning, Since: "0.1.0",
		Purpose: "Level or policy in evcheck.yaml differ from those of the registry that is a base. The registry's decide.",
		Remedy:  "Write the registry's values into the file, or change the registry.",
	},
	{
		ID: "evcheck/gate-lowered", Title: "This change weakens its own gate", Severity: SeverityWarning, Since: "0.1.0",
		Purpose: "The change lowers a level, a policy, a severity or a lock of the configuration that it is checked with.",
		Remedy:  "Review it as such; repositories with contributors they do not know use `--config-from base`.",
	},
	{
		ID: "evcheck/waiver-expires-soon", Title: "A waiver is over soon", Severity: SeverityWarning, Since: "0.1.0",
		Purpose: "A waiver that covers findings holds for less than two weeks.",
		Remedy:  "Mend what it covers before that day.",
	},
	{
		ID: "evcheck/version-gap", Title: "A version is missing", Severity: SeverityWarning, Since: "0.1.0",
		Purpose: "The files of a subject leave out a version, so nothing is compared with it.",
		Remedy:  "Add the file, or name the files in an unbroken sequence.",
	},
}
