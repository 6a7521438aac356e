package report

import "github.com/instar-registry/instar/lint"

// writeGitHubOutput writes the counts as lines of name=value, for the file that
// $GITHUB_OUTPUT names: later steps of a job read them. Only numbers and words of
// our own stand in it, so no name of a schema can set an output.
func writeGitHubOutput(b *buffer, r *lint.Report, _ Options) error {
	s := &r.Summary
	b.f("verdict=%s\nerrors=%d\nwarnings=%d\nnotes=%d\nwaived=%d\ncompared=%d\n", s.Verdict, s.Errors, s.Warnings, s.Notes, s.Waived, s.Compared)
	return nil
}
