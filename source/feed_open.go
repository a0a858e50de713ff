package source

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"tocsin/core/spell"
)

// A FeedKind is what a feed reads from.
type FeedKind string

const (
	// FolderFeed watches a folder and all below it.
	FolderFeed FeedKind = "dir"
	// BucketFeed lists a bucket, or a part of one.
	BucketFeed FeedKind = "s3"
	// QueueFeed reads messages about new objects from a queue.
	QueueFeed FeedKind = "sqs"
	// InputFeed reads standard input once.
	InputFeed FeedKind = "-"
)

// A FeedSpec says which feed is meant.
type FeedSpec struct {
	Kind FeedKind
	// Path is a FolderFeed's folder, absolute.
	Path string
	// Bucket and Prefix are a BucketFeed's; a prefix that is not empty ends in a slash.
	Bucket, Prefix string
	// URL is a QueueFeed's.
	URL string
}

// String is the text that ParseFeed reads.
func (s FeedSpec) String() string {
	switch s.Kind {
	case FolderFeed:
		return "dir:" + s.Path
	case BucketFeed:
		return strings.TrimSuffix("s3://"+s.Bucket+"/"+s.Prefix, "/")
	case QueueFeed:
		return "sqs:" + s.URL
	}
	return string(s.Kind)
}

// feedForms is how feeds are written.
const feedForms = "write dir:PATH, s3://BUCKET/PREFIX, sqs:URL, or - for standard input"

// ParseFeed reads dir:PATH, s3://BUCKET/PREFIX, sqs:URL or -. A path is taken
// from the current folder; a prefix is a folder, whether it ends in a slash or not.
func ParseFeed(text string) (FeedSpec, error) {
	if text == "-" {
		return FeedSpec{Kind: InputFeed}, nil
	}
	kind, rest, found := strings.Cut(text, ":")
	switch {
	case !found && text == "":
		return FeedSpec{}, fmt.Errorf("a source is empty: %s", feedForms)
	case !found:
		return FeedSpec{}, fmt.Errorf("source %q: %s; a folder is dir:%s", text, feedForms, text)
	case rest == "":
		return FeedSpec{}, fmt.Errorf("source %q: nothing follows the colon: %s", text, feedForms)
	}
	switch FeedKind(kind) {
	case FolderFeed:
		path, err := filepath.Abs(rest)
		if err != nil {
			return FeedSpec{}, fmt.Errorf("source %q: %w", text, err)
		}
		return FeedSpec{Kind: FolderFeed, Path: path}, nil
	case BucketFeed:
		return parseBucket(text, rest)
	case QueueFeed:
		return parseQueue(rest)
	}
	if near, ok := spell.Nearest(kind, []string{"dir", "sqs", "s3"}); ok {
		return FeedSpec{}, fmt.Errorf("source %q: %q is no kind of source; did you mean %q? %s", text, kind, near, feedForms)
	}
	if kind == "http" || kind == "https" {
		// Not repeated: an address may hold a secret.
		return FeedSpec{}, fmt.Errorf("source %s:...: a queue is sqs:%s:...: %s", kind, kind, feedForms)
	}
	return FeedSpec{}, fmt.Errorf("source %q: %q is no kind of source: %s", text, kind, feedForms)
}

func parseBucket(text, rest string) (FeedSpec, error) {
	address, ok := strings.CutPrefix(rest, "//")
	bucket, prefix, _ := strings.Cut(address, "/")
	if !ok || bucket == "" {
		return FeedSpec{}, fmt.Errorf("source %q: the bucket's name is missing; write s3://BUCKET/PREFIX", text)
	}
	if prefix = strings.TrimRight(prefix, "/"); prefix != "" {
		prefix += "/"
	}
	return FeedSpec{Kind: BucketFeed, Bucket: bucket, Prefix: prefix}, nil
}

func parseQueue(address string) (FeedSpec, error) {
	const form = "write sqs:https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, as the queue's page and `aws sqs get-queue-url` give it"
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return FeedSpec{}, fmt.Errorf("a source's queue is not a URL: %s", form)
	case u.User != nil:
		return FeedSpec{}, fmt.Errorf("the URL of a queue holds a name or a password; credentials belong into the AWS configuration: %s", form)
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "", strings.Trim(u.Path, "/") == "":
		return FeedSpec{}, fmt.Errorf("source sqs:%s: not the URL of a queue: %s", address, form)
	case u.RawQuery != "" || u.Fragment != "":
		return FeedSpec{}, fmt.Errorf("source sqs:%s://%s%s: the URL of a queue has nothing after its path: %s", u.Scheme, u.Host, u.Path, form)
	}
	return FeedSpec{Kind: QueueFeed, URL: address}, nil
}

// FeedOptions are those of all feeds; the zero value of each means its default.
type FeedOptions struct {
	// Marks tells what was taken in before; nil: nothing was.
	Marks Marks
	// Positions keeps how far a BucketFeed or a Backfill got; nil: it does not
	// outlast the process.
	Positions Positions
	// Stdin is what InputFeed reads.
	Stdin io.Reader
	// S3 gives the client for a bucket and SQS that for a queue; nil means the
	// usual AWS configuration.
	S3  func(ctx context.Context, bucket string) (S3Client, error)
	SQS func(ctx context.Context, queue string) (SQSClient, error)
	// Poll is how often a folder (200 ms) or a bucket (15 s) is looked at.
	Poll time.Duration
	// Since leaves out what is older by its name, or else by its time of change.
	// A folder is taken whole by default, a bucket from the beginning of the day
	// before on when it has no position yet. Queues tell of new objects only.
	Since time.Time
	// Receivers is how many at once wait for messages of a queue (2).
	Receivers int
	// Grace is how long Run of a queue, when it is to end, waits for what is
	// being taken in before it gives the messages back (5 s).
	Grace time.Duration
	// Buckets are those that messages may speak of; none: all.
	Buckets []string
	// AnyKey takes in what a queue announces whatever its name, as long as it
	// looks like a log; by default only what CloudTrail itself named.
	AnyKey bool
	// Insights takes in the files of CloudTrail Insights too.
	Insights bool
	// Now is the clock; time.Now by default.
	Now func() time.Time
	// Log is told when a feed can no longer go on and when it can again.
	Log *slog.Logger
}

// OpenFeed makes the feed. It reaches for nothing yet: a bucket, a queue or a
// folder that is not there is told by Status, and waited for.
func OpenFeed(_ context.Context, spec FeedSpec, o FeedOptions) (Feed, error) {
	switch spec.Kind {
	case FolderFeed:
		return NewDirFeed(spec.Path, o), nil
	case BucketFeed:
		return NewS3Feed(spec.Bucket, spec.Prefix, o), nil
	case QueueFeed:
		return NewSQSFeed(spec.URL, o), nil
	case InputFeed:
		if o.Stdin == nil {
			return nil, fmt.Errorf("source -: there is no standard input")
		}
		return NewStdinFeed(o), nil
	}
	return nil, fmt.Errorf("source %q: no kind of source: %s", spec.Kind, feedForms)
}

// withDefaults fills in what is left out.
func (o FeedOptions) withDefaults(poll time.Duration) FeedOptions {
	if o.Poll <= 0 {
		o.Poll = poll
	}
	if o.Receivers <= 0 {
		o.Receivers = 2
	}
	if o.Grace <= 0 {
		o.Grace = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}
