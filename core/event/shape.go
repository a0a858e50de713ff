package event

import "io"

// A Shape is the form that a log file has.
type Shape uint8

const (
	Empty        Shape = iota // nothing, or nothing but white space
	LogFile                   // {"Records": [...]}, as CloudTrail delivers
	RecordArray               // an array of records
	Lines                     // records one after another, usually one a line; a single record too
	Lookup                    // what LookupEvents answers
	EventBridge               // events with the record as their detail
	Subscription              // what a subscription of a log group delivers
	LogEvents                 // what FilterLogEvents and GetLogEvents answer
	Digest                    // a digest file: it has no records
	Insights                  // a file of Insights events, by its name; its records are read
	Foreign                   // something else
)

// String is the shape in words.
func (s Shape) String() string {
	return [...]string{
		Empty: "empty", LogFile: "log file", RecordArray: "array of records", Lines: "lines of records",
		Lookup: "LookupEvents output", EventBridge: "EventBridge events", Subscription: "log group subscription", LogEvents: "log events of a group",
		Digest: "digest file", Insights: "Insights file", Foreign: "foreign file",
	}[s]
}

// A list is what a Reader is inside of.
type list uint8

const (
	top      list = iota // the file: values one after another
	items                // an array of anything that may stand in the file
	records              // the array Records
	lookups              // the array Events
	messages             // the array logEvents
	logged               // the array events, which many other files have too
	members              // an object with one of these arrays, after the array
)

// maxLists is how many arrays and objects around the records are followed.
const maxLists = 16

// enter goes into a list.
func (r *Reader) enter(l list) {
	r.begun = true
	r.lists = append(r.lists, l)
	if len(r.lists) > maxLists {
		r.problem(r.offset(r.p), ErrLimit, "more than %d lists in one another", maxLists)
		r.done = true
	}
}

// leave goes out of the innermost list, at its end.
func (r *Reader) leave(in list) {
	r.lists = r.lists[:len(r.lists)-1]
	if in.telling() {
		r.recognize(in)
	}
}

// telling tells whether the list tells the file's shape even without a record.
func (l list) telling() bool { return l >= records && l <= messages }

// recognize notes the file's shape when it is not known yet, by a list that
// records were in, or could be.
func (r *Reader) recognize(in list) {
	switch in {
	case records:
		r.shapeIs(LogFile)
	case items:
		r.shapeIs(RecordArray)
	case lookups:
		r.shapeIs(Lookup)
	case messages:
		r.shapeIs(Subscription)
	case logged:
		r.shapeIs(LogEvents)
	default:
		r.shapeIs(Lines)
	}
}

func (r *Reader) shapeIs(s Shape) {
	if !r.found && !r.named {
		r.shape = s
	}
	r.found = true
}

// foreign says that the file holds something else, and ends it.
func (r *Reader) foreign(what string) {
	r.problem(r.offset(r.p), ErrForeign, "%s", what)
	r.shapeIs(Foreign)
	r.done = true
}

// finish ends the file at an offset, where it was cut off unless it had ended.
func (r *Reader) finish(offset int64) {
	r.done = true
	whole := len(r.lists) == 1 && offset == r.decompressed()
	switch {
	case r.stop != io.EOF:
		r.problems = append(r.problems, Problem{File: r.name, Offset: offset, Err: r.stop})
	case !whole:
		r.problem(offset, ErrCut, "its last object does not end")
	}
	for _, in := range r.lists {
		if in.telling() {
			r.recognize(in)
		}
	}
	if !r.found && r.begun {
		r.shapeIs(Foreign)
	}
}
