package jsonata

import "context"

// Print writes a value as JSON, within a number of bytes; zero takes the default.
func Print(ctx context.Context, v Value, most int) (out []byte, err error) {
	defer bug("jsonata.Print", &err)
	r := &run{ctx: ctx, limits: Limits{Result: most}.filled()}
	r.limits.Steps = max(r.limits.Steps, r.limits.Result)
	p := printer{run: r, most: r.limits.Result}
	if err := p.value(v, 0); err != nil {
		return nil, err
	}
	if len(p.out) > p.most {
		return nil, tooLarge(len(p.out), p.most)
	}
	return p.out, nil
}
