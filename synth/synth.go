package synth

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"
)

// Options say what to make. The zero value of a field stands for its default.
type Options struct {
	// Events is the number of distinct events, the story's included; default 2,000.
	Events int
	// Files is the number of log files; default one for every 50 events.
	Files int
	// Seed chooses among all data of the same shape.
	Seed uint64
	// Story is one of Stories; default "quiet".
	Story string
	// Accounts is the number of accounts; default 1. Stories happen in the first.
	Accounts int
	// Regions are where calls are made, the busiest first; default eu-west-1,
	// us-east-1 and eu-central-1. us-east-1 is always one of them, because the
	// global services log there.
	Regions []string
	// Start is when the first event may happen; it is cut to a multiple of five
	// minutes. Default 2026-03-03T08:00:00Z, a Tuesday.
	Start time.Time
	// Span is how long events happen; default three hours. A story begins such
	// that it has as much of the background before as after it.
	Span time.Duration
	// Duplicates is the share of events delivered a second time, in another
	// file of the same five minutes, as when two trails write to one bucket. It
	// is reached only as far as there are such files. Default 0.02; negative is none.
	Duplicates float64
}

// A File is one log file.
type File struct {
	// Key is the S3 key, without a prefix: AWSLogs/111122223333/CloudTrail/...
	Key string
	// Events is the number of records, Duplicates how many of them another file has too.
	Events, Duplicates int
	// Records gives the records as compact JSON, in the order of the file. A
	// record is valid until the next one.
	Records iter.Seq[[]byte]
}

// WriteJSON writes the file as CloudTrail does before compression: one line
// without an end.
func (f File) WriteJSON(w io.Writer) error {
	b := bufio.NewWriterSize(w, 64<<10)
	before := `{"Records":[`
	for record := range f.Records {
		b.WriteString(before) // bufio keeps the first error for Flush
		b.Write(record)
		before = ","
	}
	if f.Events == 0 {
		b.WriteString(before)
	}
	b.WriteString("]}")
	return b.Flush()
}

// Generate makes the files one after the other, in the order of delivery. It
// holds no more than one file's plan in memory, some 60 bytes an event, beside
// the list of files. An error of emit ends it and is returned.
func Generate(o Options, emit func(File) error) error {
	p, err := newPlan(o)
	if err != nil {
		return err
	}
	var before []shot
	for i := range p.files {
		shots := p.shots(i)
		own := shots
		var again int
		if i > 0 && p.files[i].slot == p.files[i-1].slot && p.files[i].trail == p.files[i-1].trail {
			shots, again = p.repeat(i, slices.Clone(shots), before)
		}
		before = own
		if err := emit(p.file(i, shots, again)); err != nil {
			return err
		}
	}
	return nil
}

// file is the i-th file of the plan with these shots.
func (p *plan) file(i int, shots []shot, again int) File {
	p.disorder(i, shots)
	return File{
		Key:        p.key(i),
		Events:     len(shots),
		Duplicates: again,
		Records: func(yield func([]byte) bool) {
			s := scene{account: p.trails[p.files[i].trail].account, region: p.trails[p.files[i].trail].region}
			var buf []byte
			for j := range shots {
				s.take(&shots[j])
				buf = s.record(buf[:0], s.call.failure(shots[j].ends))
				if !yield(buf) {
					return
				}
			}
		},
	}
}

// take sets the scene for a shot.
func (s *scene) take(x *shot) {
	s.sec, s.seed, s.call, s.actor, s.bound = x.sec, x.seed, x.call, x.actor, x.bound
}

// withDefaults checks the options and fills in what is not set.
func (o Options) withDefaults() (Options, error) {
	if o.Events == 0 {
		o.Events = 2000
	}
	if o.Files == 0 {
		o.Files = max(1, o.Events/50)
	}
	if o.Story == "" {
		o.Story = "quiet"
	}
	if o.Accounts == 0 {
		o.Accounts = 1
	}
	if len(o.Regions) == 0 {
		o.Regions = []string{"eu-west-1", globalRegion, "eu-central-1"}
	}
	if !slices.Contains(o.Regions, globalRegion) {
		o.Regions = append(slices.Clone(o.Regions), globalRegion)
	}
	if o.Start.IsZero() {
		o.Start = time.Date(2026, time.March, 3, 8, 0, 0, 0, time.UTC)
	}
	o.Start = o.Start.UTC().Truncate(delivery)
	if o.Span == 0 {
		o.Span = 3 * time.Hour
	}
	switch {
	case o.Duplicates == 0:
		o.Duplicates = 0.02
	case o.Duplicates < 0:
		o.Duplicates = 0
	}
	if _, ok := stories[o.Story]; !ok {
		return o, fmt.Errorf("no story %q; there are %s", o.Story, strings.Join(Stories(), ", "))
	}
	switch {
	case o.Events < 0:
		return o, fmt.Errorf("%d events: at least 1", o.Events)
	case o.Files < 0 || o.Files > o.Events:
		return o, fmt.Errorf("%d files for %d events: at least 1 file, and an event in each", o.Files, o.Events)
	case o.Accounts < 0 || o.Accounts > maxAccounts:
		return o, fmt.Errorf("%d accounts: 1 to %d", o.Accounts, maxAccounts)
	case o.Span < delivery:
		return o, fmt.Errorf("span %s: at least %s, the time between two deliveries", o.Span, delivery)
	case !(o.Duplicates <= 1):
		return o, fmt.Errorf("share of duplicates %v: at most 1", o.Duplicates)
	}
	return o, nil
}
