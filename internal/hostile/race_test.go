//go:build race

package hostile

// slack widens the bounds where every memory access is checked.
const slack = 20
