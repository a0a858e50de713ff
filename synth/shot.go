package synth

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// A shot is one event to be: everything that its record is made of. The same
// shot gives the same record, wherever it is delivered.
type shot struct {
	sec   int64 // eventTime in Unix seconds
	seed  uint64
	call  *call
	actor *actor
	bound map[string]template
	ends  ending
}

// shots are the i-th file's own events in order of time: the story's, and runs
// of the background until there are enough.
func (p *plan) shots(i int) []shot {
	f := &p.files[i]
	r := rand.New(rand.NewPCG(f.seed, hash("shots")))
	shots := make([]shot, 0, f.events+len(f.moments))
	start := p.o.Start.Unix()
	for _, m := range f.moments {
		shots = append(shots, shot{sec: start + m.sec, seed: r.Uint64(), call: m.call, actor: m.actor, bound: m.bound, ends: m.ends})
	}
	global := p.trails[f.trail].region == globalRegion
	for len(shots) < cap(shots) {
		h, calls := p.background.draw(r, global)
		at := p.instant(r, f.slot)
		for range 1 + r.IntN(2*h.run-1) {
			if len(shots) == cap(shots) {
				break
			}
			shots = append(shots, shot{
				sec: start + at/1000, seed: r.Uint64(), call: calls[r.IntN(len(calls))],
				actor: h.actor, bound: h.bound, ends: h.ending(r),
			})
			at = min(at+int64(r.IntN(2*h.gap)), (f.slot+1)*p.interval*1000-1, p.o.Span.Milliseconds()-1)
		}
	}
	slices.SortStableFunc(shots, func(a, b shot) int { return cmp.Compare(a.sec, b.sec) })
	return shots
}

// instant draws when something happens in a slot, in milliseconds after the
// start: somewhere in it, and every third time earlier by up to lateness.
func (p *plan) instant(r *rand.Rand, slot int64) int64 {
	at := slot*p.interval*1000 + r.Int64N(p.interval*1000)
	if r.IntN(3) == 0 {
		at -= r.Int64N(lateness.Milliseconds())
	}
	return min(max(at, 0), p.o.Span.Milliseconds()-1)
}

// repeat adds to the i-th file's shots those of the file before it that come again.
func (p *plan) repeat(i int, shots, before []shot) ([]shot, int) {
	r := rand.New(rand.NewPCG(p.files[i].seed, hash("repeat")))
	own := len(shots)
	for _, s := range before {
		if r.Uint64()>>32 < p.repeated {
			shots = append(shots, s)
		}
	}
	again := len(shots) - own
	slices.SortStableFunc(shots, func(a, b shot) int { return cmp.Compare(a.sec, b.sec) })
	return shots, again
}

// disorder moves some events out of order, as measured: 8 to 23 in a hundred
// neighbours of a real file stand the wrong way round.
func (p *plan) disorder(i int, shots []shot) {
	r := rand.New(rand.NewPCG(p.files[i].seed, hash("disorder")))
	for j := range shots {
		if k := j + 1 + r.IntN(3); r.IntN(100) < 14 && k < len(shots) {
			shots[j], shots[k] = shots[k], shots[j]
		}
	}
}
