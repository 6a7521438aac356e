package registry

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// fewAhead is how many commands a batch has at least for its schemas to be read
// ahead.
const fewAhead = 8

// parseAhead reads the schemas of a batch on all processors that are free.
// Deciding goes through them one after the other, each on what the ones before
// did, and then finds them read. What fails here fails there again, and is
// explained there.
func (s *Service) parseAhead(ctx context.Context, p *pending) {
	batch, ok := p.cmd.(Batch)
	if !ok || len(batch.Commands) < fewAhead || s.available() != nil {
		return
	}
	var jobs []Register
	for _, c := range batch.Commands {
		if cmd, ok := c.(Register); ok && len(cmd.References) == 0 && cmd.Text != "" {
			jobs = append(jobs, cmd)
		}
	}
	select {
	case s.parses <- struct{}{}:
	case <-ctx.Done():
		return
	}
	st, ids, made := s.State(), make([]candidateID, len(jobs)), make([]*candidate, len(jobs))
	var next atomic.Int64
	work := func() {
		defer func() { <-s.parses }()
		d := &decider{st: st, env: s.env(ctx)}
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(jobs) {
				return
			}
			ids[i], made[i] = d.ahead(&jobs[i])
		}
	}
	var helpers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) - 1 {
		select {
		case s.parses <- struct{}{}:
			helpers.Go(work)
		default: // others are busy with it
		}
	}
	work()
	helpers.Wait()
	for i, c := range made {
		if c != nil {
			p.memo[ids[i]] = c
		}
	}
}

// ahead makes the candidate that registering would make under the state as it is
// now, or nil. If the state changes until then, another one is made there.
func (d *decider) ahead(cmd *Register) (candidateID, *candidate) {
	eff := d.st.InForce(cmd.Name, d.env.Settings)
	cmd.Normalize = cmd.Normalize || isTrue(eff.Normalize)
	importing := cmd.Import
	switch d.st.EffectiveMode(cmd.Name) {
	case "IMPORT", "FORWARD":
		importing = true
	}
	lenient := importing || cmd.ID > 0 || eff.ValidateNew != nil && !*eff.ValidateNew
	if len(cmd.Text) > d.env.Settings.MaxSchemaBytes {
		return candidateID{}, nil
	}
	c, err := d.newCandidate(cmd, lenient, importing)
	if err != nil {
		return candidateID{}, nil
	}
	c.shape()
	return idOfCandidate(cmd, lenient, importing), c
}
