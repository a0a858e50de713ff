package source

import (
	"context"
	"errors"
	"io"
	"time"
)

// ErrIncomplete is what a taker gives an Arrival's Done when the content ends too
// early and the arrival says that it MayGrow: it is given again when the file has
// changed, or has not changed for a minute and may grow no more.
var ErrIncomplete = errors.New("the file is not complete yet")

// Take takes an arrival over. An error says that it was not taken, that its Done
// will not be called, and that nothing more is taken: Run ends with it.
type Take = func(context.Context, Arrival) error

// A Feed gives log files as they appear.
type Feed interface {
	// Name is the source's name in marks, metrics and messages: dir:/path,
	// s3://bucket/prefix, sqs:URL. It holds no secret.
	Name() string
	// Run gives each file to take, which returns when there is room for the next,
	// and returns when ctx ends, or with an error that only its operator can
	// mend. What may pass (a network that is gone, throttling) it outlasts by
	// itself and reports to Status. When ctx ends it returns nil, and what it gave
	// may still be done, or not, after that.
	Run(ctx context.Context, take func(context.Context, Arrival) error) error
	// Status tells how the feed fares.
	Status() FeedStatus
}

// An Arrival is a log file that appeared.
type Arrival struct {
	// Source, Key and Version name the content for ever: state.Mark has the same
	// three. Source and Key are the same for one object however it was announced
	// (Source is s3://bucket for objects, dir:PATH for folders, Key the object key or
	// the path below the folder). Version may be empty until it is open.
	Source, Key, Version string
	Name                 string // for messages
	Size                 int64  // as stored, -1 when unknown
	// Quiet files (a backfill) are stored and counted, and ring nothing.
	Quiet bool
	// MayGrow says that the file was written to a moment ago; see ErrIncomplete.
	MayGrow bool
	// Again is how often it was given before, as far as the feed knows: what
	// cannot be opened may be given up for good after some times.
	Again int
	// Open begins to read. The version is that of the content that is read. The
	// content ends with ctx, which lives as long as it is read. An error that
	// matches fs.ErrNotExist says that the file is no longer there.
	Open func(context.Context) (content io.ReadCloser, version string, err error)
	// Done is called exactly once, by any goroutine: when the file is durably taken
	// in or marked as given up (nil), or when it was not and must be given again.
	// It does not wait.
	Done func(ctx context.Context, err error)
}

// A FeedStatus is how a feed fares.
type FeedStatus struct {
	Name string
	// Since is when it last reached what it reads from; zero for not yet.
	Since time.Time
	// Problem is why it cannot go on now, "" when it can.
	Problem string
	// Given, Skipped and Failed count arrivals, what was no log file, and
	// messages or files that could not be understood, since the start.
	Given, Skipped, Failed int64
	// Waiting is how many messages or files are known to wait, -1 when unknown.
	Waiting int64
}

// Marks tells a feed which files were taken in before; Positions keeps how far
// it got. Both are those of package state behind an interface of the feed's.
type Marks interface {
	Marked(ctx context.Context, source string, files []FileVersion) ([]bool, error)
}

// Positions keeps how far a feed got, under its source and a part of it, in the
// feed's own words; "" when it has not begun.
type Positions interface {
	Position(ctx context.Context, source, part string) (string, error)
	SetPosition(ctx context.Context, source, part, position string) error
}

// A FileVersion is a file in a source.
type FileVersion struct{ Key, Version string }
