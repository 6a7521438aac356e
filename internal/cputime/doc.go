// Package cputime tells tests and benchmarks how much work this process did. The
// clock would also count what other processes of the machine did meanwhile.
package cputime
