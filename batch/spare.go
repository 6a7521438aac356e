package batch

// spare holds the buffers of blocks that were written, for blocks to come: the
// memory of a block is larger than what the cache holds, and clearing it again and
// again would cost more than some of the lines in it.
type spare chan []byte

// Buffers have room for a number of units, so that those of input and output fit
// for each other; larger ones, of blocks with a line that is long, are not kept.
const (
	spareUnit = 512 << 10
	spareMost = 4 << 20
)

// take gives an empty buffer that has room for a size.
func (s spare) take(size int) []byte {
	select {
	case b := <-s:
		if cap(b) >= size {
			return b[:0]
		}
	default:
	}
	return make([]byte, 0, (size+spareUnit-1)&^(spareUnit-1))
}

// give leaves a buffer that nothing refers to any more.
func (s spare) give(b []byte) {
	if cap(b) > spareMost {
		return
	}
	select {
	case s <- b:
	default:
	}
}
