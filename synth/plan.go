package synth

import (
	"cmp"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

const (
	// delivery is the time between two deliveries of log files.
	delivery = 5 * time.Minute
	// lateness is how much longer an event may wait for its file.
	lateness = 5 * time.Minute

	globalRegion = "us-east-1"
	maxAccounts  = 1000
)

// A plan says which files there are, of which trail and time, and how many
// events of the background each of them has. All its numbers are whole, since
// the last bits of floating-point results differ between processors.
type plan struct {
	o          Options
	trails     []trail
	interval   int64 // seconds of events in one slot; a multiple of delivery
	files      []fileplan
	background *background
	repeated   uint64 // of 1<<32 records in a file before one of the same slot, how many come again
}

// A trail is where the events of an account and Region go.
type trail struct {
	account, region string
	weight          int
}

// A fileplan is one file to be: of a trail, at the end of a slot.
type fileplan struct {
	slot    int64
	trail   int
	events  int // of the background
	moments []moment
	seed    uint64
}

func newPlan(o Options) (*plan, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	story := stories[o.Story]
	calls, cast := compileCalls(), compileActors(story.cast)
	p := &plan{o: o, trails: trailsOf(o), background: compileBackground(story.background, calls, cast)}
	moments := compileStory(story.beats, calls, cast, o.Regions[0])
	if err := p.place(moments); err != nil {
		return nil, err
	}
	r := rand.New(rand.NewPCG(o.Seed, hash("plan")))
	p.placeRest(r)
	p.share(r, o.Events-len(moments))
	slices.SortStableFunc(p.files, func(a, b fileplan) int {
		return cmp.Or(cmp.Compare(a.slot, b.slot), cmp.Compare(a.trail, b.trail))
	})
	for i := range p.files {
		p.files[i].seed = r.Uint64()
	}
	p.planRepeats()
	return p, nil
}

// accounts are AWS's own examples first, then made-up ones.
var accounts = []string{"111122223333", "444455556666", "777788889999", "123456789012", "210987654321"}

func accountAt(i int) string {
	if i < len(accounts) {
		return accounts[i]
	}
	return strconv.FormatInt(100000000000+1001*int64(i), 10)
}

// trailsOf weighs accounts and Regions: the first are the busiest, and us-east-1
// is busy because of the global services.
func trailsOf(o Options) []trail {
	var trails []trail
	for i := range o.Accounts {
		for j, region := range o.Regions {
			weight := 1200 / (i + 2) * 10 / (3*j + 2)
			if region == globalRegion && j > 0 {
				weight *= 2
			}
			trails = append(trails, trail{accountAt(i), region, max(weight, 1)})
		}
	}
	return trails
}

// place makes a file for every slot and trail in which the story happens. Slots
// are five minutes long while there are enough files; with fewer files they
// are longer, as if files had been merged.
func (p *plan) place(moments []moment) error {
	o := p.o
	var length int64
	if n := len(moments); n > 0 {
		length = moments[n-1].sec + 1
	}
	span := int64(o.Span / time.Second)
	if length > span {
		return fmt.Errorf("story %s takes %s; the span is %s", o.Story, time.Duration(length)*time.Second, o.Span)
	}
	begin := (span - length) / 2 / 60 * 60
	step := int64(delivery / time.Second)
	p.interval = step * max(1, (span/step+int64(o.Files)-1)/int64(o.Files))
	for {
		p.files = p.files[:0]
		at := make(map[[2]int64]int)
		for _, m := range moments {
			key := [2]int64{(begin + m.sec) / p.interval, int64(p.trailOf(m.region))}
			i, ok := at[key]
			if !ok {
				i = len(p.files)
				at[key] = i
				p.files = append(p.files, fileplan{slot: key[0], trail: int(key[1])})
			}
			m.sec += begin
			p.files[i].moments = append(p.files[i].moments, m)
		}
		if len(p.files) <= o.Files {
			break
		}
		if p.interval >= span {
			return fmt.Errorf("story %s needs at least %d files", o.Story, len(p.files))
		}
		p.interval *= 2
	}
	if need := len(moments) + o.Files - len(p.files); o.Events < need {
		return fmt.Errorf("story %s with %d files needs at least %d events", o.Story, o.Files, need)
	}
	return nil
}

// trailOf finds the first account's trail of a Region. A story's Region that is
// not among the options' falls back to the first.
func (p *plan) trailOf(region string) int {
	return max(0, slices.Index(p.o.Regions, region))
}

// activity is how much goes on in each hour of the day, UTC.
var activity = [24]int{5, 5, 5, 5, 5, 6, 8, 11, 14, 15, 15, 14, 13, 14, 15, 15, 14, 12, 10, 8, 7, 6, 6, 5}

// placeRest draws trail and slot of the files that the story does not need.
func (p *plan) placeRest(r *rand.Rand) {
	var trails []int // cumulated weights
	total := 0
	for _, t := range p.trails {
		total += t.weight
		trails = append(trails, total)
	}
	var slots []int
	busy := 0
	for sec := int64(0); sec < int64(p.o.Span/time.Second); sec += p.interval {
		busy += activity[p.o.Start.Add(time.Duration(sec)*time.Second).Hour()]
		slots = append(slots, busy)
	}
	for len(p.files) < p.o.Files {
		t, _ := slices.BinarySearch(trails, r.IntN(total)+1)
		s, _ := slices.BinarySearch(slots, r.IntN(busy)+1)
		p.files = append(p.files, fileplan{slot: int64(s), trail: t})
	}
}

// share divides the background's events among the files: at least one for each
// file without a moment, the rest by log-normal weights.
func (p *plan) share(r *rand.Rand, events int) {
	rest := events
	weights := make([]uint64, len(p.files))
	var total uint64
	// Measured files have a spread of 0.9 to 1.6 in the natural logarithm; big
	// files have less, because CloudTrail cuts them.
	spread := int64(120)
	if events/len(p.files) > 1000 {
		spread = 50
	}
	for i := range p.files {
		if len(p.files[i].moments) == 0 {
			p.files[i].events = 1
			rest--
		}
		weights[i] = logNormal(r, spread)
		total += weights[i]
	}
	var sum, given uint64
	for i := range p.files {
		sum += weights[i]
		hi, lo := bits.Mul64(sum, uint64(rest))
		upTo, _ := bits.Div64(hi, lo, total)
		p.files[i].events += int(upTo - given)
		given = upTo
	}
}

// logNormal draws a weight whose logarithm is nearly normal with a deviation of
// spread hundredths.
func logNormal(r *rand.Rand, spread int64) uint64 {
	const one = 1 << 12
	var z int64 = -6 * one
	for range 12 { // twelve uniform numbers have the variance 1
		z += int64(r.IntN(one))
	}
	octaves := z * spread * 10000 / 6931 / 100 // to base 2, one = 1
	return uint64(one+octaves&(one-1)) << (octaves>>12 + 16)
}

// planRepeats sets the chance of a record to be delivered again such that the
// share of the options is met.
func (p *plan) planRepeats() {
	candidates := 0
	for i := 1; i < len(p.files); i++ {
		if a, b := &p.files[i-1], &p.files[i]; a.slot == b.slot && a.trail == b.trail {
			candidates += a.events + len(a.moments)
		}
	}
	if wanted := uint64(p.o.Duplicates * float64(p.o.Events)); candidates > 0 {
		p.repeated = min(wanted<<32/uint64(candidates), 1<<32)
	}
}

// key is the S3 key of the i-th file. Stamp and folder are the end of its slot,
// which is never before its events.
func (p *plan) key(i int) string {
	f := p.files[i]
	t := p.trails[f.trail]
	end := p.o.Start.Add(time.Duration((f.slot+1)*p.interval) * time.Second)
	name := appendRandom(nil, rand.NewPCG(f.seed, hash("key")), alphaDigits, 16)
	return "AWSLogs/" + t.account + "/CloudTrail/" + t.region + end.Format("/2006/01/02/") +
		t.account + "_CloudTrail_" + t.region + end.Format("_20060102T1504Z_") + string(name) + ".json.gz"
}
