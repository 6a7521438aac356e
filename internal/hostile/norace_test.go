//go:build !race

package hostile

// slack is 1: the bounds hold as they are written.
const slack = 1
