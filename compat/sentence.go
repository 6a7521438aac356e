package compat

// Sentence describes the difference in one sentence, with the sides named as
// the direction asks.
func (d *Difference) Sentence(direction Direction) string { return d.describe(direction) }
