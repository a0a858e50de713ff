package flow

import "time"

// A Report is what a scan found. Its JSON form is documented in docs/json.md
// and does not change without a note there.
type Report struct {
	Files FileCounts `json:"files"`
	// Events counts the records that were looked at, repeated ones only when
	// they are kept. Records read = Events + Duplicates, or Events alone then.
	Events     int64 `json:"events"`
	Duplicates int64 `json:"duplicates"`
	// Bytes is what the records took in the files, decompressed.
	Bytes     int64           `json:"bytes"`
	Span      Span            `json:"span"`
	ElapsedMS int64           `json:"elapsed_ms"`
	Controls  []ControlReport `json:"controls"`
	Problems  []Problem       `json:"problems"`
	// ProblemsLeftOut counts problems beyond MaxProblems, which are not listed.
	ProblemsLeftOut int64 `json:"problems_left_out,omitempty"`
	// Interrupted says that the scan was stopped before it had read everything.
	Interrupted bool `json:"interrupted,omitempty"`
}

// FileCounts counts the files of a scan; each file is in exactly one of them.
type FileCounts struct {
	// Read gave records, or is a log file without any.
	Read int64 `json:"read"`
	// Skipped is no log file: a digest, Insights, or something foreign.
	Skipped int64 `json:"skipped"`
	// Failed could not be opened, or not a single record of it could be read.
	Failed int64 `json:"failed"`
}

// A Span is the time from the first to the last event; both zero without events.
type Span struct {
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// A ControlReport tells what one control saw.
type ControlReport struct {
	ID       string `json:"id"`
	Title    string `json:"title"`
	Severity string `json:"severity"`
	Pattern  string `json:"pattern"`
	// Matches counts the records that the pattern matches, repeated ones only
	// when they are kept; Events counts the different events among them.
	Matches int64 `json:"matches"`
	Events  int64 `json:"events"`
	// Periods counts the alarm's periods, aligned to the clock, whose statistic
	// crosses the threshold.
	Periods int64 `json:"periods"`
	// Span is from the first to the last match.
	Span   Span    `json:"span"`
	Alarms []Alarm `json:"alarms"`
	// Evidence is the newest matching events, newest first, at most MaxEvidence.
	Evidence []Evidence `json:"evidence"`
	Top      Top        `json:"top"`
	// Minutes is the number of matches by minute, ascending, for a plot over time.
	Minutes []MinuteCount `json:"-"`
}

// An Alarm is one stay of a control's alarm in the ALARM state.
type Alarm struct {
	// At is when it rang: the instant of the evaluation.
	At time.Time `json:"at"`
	// From and To bound the stay in ALARM; To is when the alarm left it.
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason string    `json:"reason"`
}

// Evidence is one matching event, as far as it tells who did what.
type Evidence struct {
	Time      time.Time `json:"time"`
	EventID   string    `json:"event_id"`
	Source    string    `json:"event_source"`
	Name      string    `json:"event_name"`
	Account   string    `json:"account,omitempty"`
	Region    string    `json:"region,omitempty"`
	Principal string    `json:"principal,omitempty"`
	Address   string    `json:"address,omitempty"`
	UserAgent string    `json:"user_agent,omitempty"`
	ErrorCode string    `json:"error_code,omitempty"`
	File      string    `json:"file"`
	// Offset is the record's place in the file, decompressed.
	Offset int64 `json:"offset"`
}

// Top holds the most frequent values among a control's matches, most frequent
// first, at most MaxTop of each.
type Top struct {
	Principals []Count `json:"principals"`
	Addresses  []Count `json:"addresses"`
	Accounts   []Count `json:"accounts"`
	Regions    []Count `json:"regions"`
	ErrorCodes []Count `json:"error_codes"`
	// Actions are written as source:name, ec2:RunInstances.
	Actions []Count `json:"actions"`
}

// A Count is a value and how many matches had it.
type Count struct {
	Value string `json:"value"`
	Count int64  `json:"count"`
}

// A MinuteCount is the number of matches in the minute that begins at Minute.
type MinuteCount struct {
	Minute time.Time
	Count  int64
}

// A Problem is something that could not be read, with its place.
type Problem struct {
	File string `json:"file"`
	// Offset is in decompressed bytes; -1 where it says nothing.
	Offset int64  `json:"offset"`
	Error  string `json:"error"`
}

// Bounds of a report, so that hostile input cannot make it large.
const (
	MaxEvidence = 10
	MaxTop      = 5
	MaxProblems = 100
)
