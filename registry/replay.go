package registry

import (
	"runtime"
	"slices"
)

// ApplyRecords applies records in order. Decoding, half of the work, runs ahead
// on other goroutines.
func (st *State) ApplyRecords(records []Record) error {
	const chunk = 256
	type decoded struct {
		change  Change
		receipt *Receipt
		err     error
	}
	slots := make([]chan []decoded, 0, len(records)/chunk+1)
	running := make(chan struct{}, runtime.GOMAXPROCS(0))
	parts := slices.Collect(slices.Chunk(records, chunk))
	for range parts {
		slots = append(slots, make(chan []decoded, 1))
	}
	go func() {
		for i, part := range parts {
			running <- struct{}{}
			go func() {
				out := make([]decoded, len(part))
				for j := range part {
					out[j].change, out[j].receipt, out[j].err = DecodeChange(part[j])
				}
				slots[i] <- out
				<-running
			}()
		}
	}()
	var failed error
	for i, part := range parts {
		out := <-slots[i] // every chunk is awaited, so no goroutine outlives the call
		for j := range out {
			if failed == nil {
				failed = out[j].err
			}
			if failed == nil {
				failed = st.apply(part[j], out[j].change, out[j].receipt)
			}
		}
	}
	return failed
}
