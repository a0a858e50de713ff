package alarm

import (
	"cmp"
	"math"
	"slices"
	"time"

	"tocsin/core/metric"
)

// A Timing says how closely an alarm follows its data.
type Timing string

const (
	// Immediate is AWS's cadence, and between its ticks whatever rings already
	// and whatever should have rung before. It is the zero value.
	Immediate Timing = ""
	// Faithful is AWS's cadence and nothing else: data that comes too late for
	// its tick rings nothing.
	Faithful Timing = "faithful"
)

// A Repeat says when an alarm that stays in ALARM is told again. AWS never does;
// the zero value is never.
type Repeat struct {
	// Interval tells again whenever Every has passed.
	Interval bool
	// OnNewEvents tells again when there is new data, at most once in Every.
	OnNewEvents bool
	Every       time.Duration
}

// Never is later than every time, in milliseconds since 1970.
const Never = math.MaxInt64

// A Stay is a time in ALARM in terms of the data: From is the first tick whose
// periods ring the alarm, To the first one after it whose periods do not, Never
// while it lasts. Data that comes late changes both.
type Stay struct {
	ID       int64 // the caller's; 0 for one that is not stored yet
	From, To int64
	// Late says that it was found afterwards.
	Late bool
	// Told is when its last notice went out, 0 while none has.
	Told int64
}

// A Math is how an alarm on metric math comes to its datapoints. Read and Silent give
// the evaluation range that ends at end, in milliseconds since 1970, oldest first:
// as many datapoints as EvaluationRange tells. The slices are the caller's.
type Math struct {
	Read func(end int64) []Datapoint
	// Silent is what Read would give had no metric any points.
	Silent func(end int64) []Datapoint
	// Clocked says that datapoints change as time passes, also without points.
	Clocked bool
}

// A Case is all that it takes to judge an alarm that is due. The alarm is valid.
// Times that are an int64 are milliseconds since 1970.
type Case struct {
	Alarm  Alarm
	Record Record
	// Touched are the minutes of the metric with samples that were not judged
	// yet, ascending.
	Touched []int64
	// EvaluatedTo is the tick of the last regular evaluation, 0 before the first.
	EvaluatedTo int64
	// Points are those within Reach, ascending by time; of an alarm on metric math
	// those of all its metrics together.
	Points []metric.Point
	// Math is that of an alarm on metric math, nil for one on one metric.
	Math *Math
	// Stays are those that overlap Reach, that last, that were not told yet, or
	// that were told since the record's Transitioned; ascending by From.
	Stays  []Stay
	Timing Timing
	Repeat Repeat
}

// A Judgement is what becomes of an alarm. Nothing of it has happened yet.
type Judgement struct {
	Record Record
	// Steps are what is to be told, in order: changes of state, and repeats.
	Steps []Step
	// Stays are those that are new or changed, Dropped the IDs of those that
	// became part of another.
	Stays   []Stay
	Dropped []int64
	// EvaluatedTo is the Case's for next time. Due is when that is if there is no
	// new data before; Never when time alone changes nothing any more.
	EvaluatedTo, Due int64
	// Settled are the touched minutes that need not be judged again.
	Settled []int64
}

// A Step is one change of an alarm's state, or a repeat, which has the same
// state on both sides.
type Step struct {
	Before, After Record
	Verdict       Verdict
	// From and To bound the data that it rests on; the same when there is none.
	From, To int64
	// Late says that the data, or whoever was to look at it, came too late.
	Late bool
	// Repeated says that the alarm was in ALARM and has been told before.
	Repeated bool
	// Key tells the step from all others while the alarm has the same record. It
	// is the same when the same case is judged again.
	Key string
}

// maxSkew is by how much clocks of processes that judge the same alarms may
// differ: within it an alarm is never judged as of a time before EvaluatedTo.
// When EvaluatedTo lies further ahead, a clock was wrong and is right now, or the
// other way round, and waiting for it would leave the alarm blind.
const maxSkew = 5 * time.Minute

// frame is a case with the times that follow from now.
type frame struct {
	Case
	now     int64
	cadence int64
	reach   int64 // length of the evaluation range
	tick    int64 // the newest tick
	judged  int64 // EvaluatedTo, or where it would be had there been no gap
}

func (c Case) at(now time.Time) frame {
	f := frame{Case: c, now: now.UnixMilli(), cadence: Cadence(c.Alarm).Milliseconds()}
	f.reach = int64(EvaluationRange(c.Alarm)) * int64(c.Alarm.Period) * 1000
	f.tick = metric.Align(f.now, Cadence(c.Alarm))
	f.judged = c.EvaluatedTo
	if f.judged == 0 || f.judged > f.now+maxSkew.Milliseconds() {
		f.judged = f.tick - f.cadence
	}
	return f
}

// fresh tells whether the newest tick is still to be evaluated. A state that was
// set by hand stays until the tick after.
func (f *frame) fresh() bool {
	set := f.Record.Updated.UnixMilli()
	return f.tick > f.judged && (f.EvaluatedTo == 0 || f.tick > set || set > f.now)
}

// running is the end of what is running now: the next tick.
func (f *frame) running() int64 { return f.tick + f.cadence }

// growing tells whether the alarm asks for more of something that only grows, so
// that a breach stays one whatever data comes on top.
func (f *frame) growing() bool {
	switch f.Alarm.ComparisonOperator {
	case GreaterThanThreshold, GreaterThanOrEqualToThreshold:
	default:
		return false
	}
	switch f.Alarm.Statistic.Kind {
	case metric.SampleCount, metric.Maximum, metric.Sum:
		return true
	}
	return false
}

// final is growing, and that nothing speaks against it: a Sum grows only as long
// as nothing below zero was published for the metric.
func (f *frame) final() bool {
	negative := func(p metric.Point) bool { return p.Samples.Minimum < 0 }
	return f.growing() && (f.Alarm.Statistic.Kind != metric.Sum || !slices.ContainsFunc(f.Points, negative))
}

// Compare orders stays by From, then by ID.
func (s Stay) Compare(other Stay) int {
	return cmp.Or(cmp.Compare(s.From, other.From), cmp.Compare(s.ID, other.ID))
}
