package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"golang.org/x/sync/errgroup"

	"tocsin/core/event"
)

// An SQSFeed gives the log files that the messages of a queue announce, in every
// shape that event.ParseNotification knows.
//
// A message is deleted when every file that it announces is taken in, and not
// before. Until then it is hidden from other receivers, for a minute at a time. A
// file that was not taken in brings its message back, later each time. Messages
// about anything but new log files are counted as skipped and deleted. One that
// nobody here understands is counted as failed and left: the queue's redrive
// policy decides how often it comes and where it goes.
type SQSFeed struct {
	*tally
	queue   string
	o       FeedOptions
	clients *clients
	wake    chan struct{}

	mu       sync.Mutex
	client   SQSClient           // guarded by mu
	held     map[string]*message // by message id; guarded by mu
	received error               // of the last receive; guarded by mu
	kept     error               // of the last settle; guarded by mu
	stopping bool                // no more are received; guarded by mu
	asked    time.Time           // when the queue was last asked how many wait; guarded by mu
}

const (
	// hidden is for how long at a time a message is hidden from others.
	hidden = time.Minute
	// extendBefore is how long before it would show again it is hidden for longer.
	extendBefore = 40 * time.Second
	// longPoll is how long a receive waits for messages; SQS allows no more.
	longPoll = 20 * time.Second
	// atOnceSQS is how many messages go into one request; SQS allows no more.
	atOnceSQS = 10
	// maxHeld is how many messages are held before no more are received.
	maxHeld = 1000
	// keepEvery is how often messages are looked after when nothing else happens.
	keepEvery = time.Second
	// backMax is for how long a message is hidden, at most, that is to come back.
	backMax = 15 * time.Minute
	// noticeTime is how long a queue has to notice that a receive ended.
	noticeTime = 200 * time.Millisecond
	// lastWords is how long the last requests of a Run may take.
	lastWords = 2 * time.Second
	// countEvery is how often the queue is asked how many messages wait.
	countEvery = 30 * time.Second
)

// NewSQSFeed receives from the queue with the URL.
func NewSQSFeed(queue string, o FeedOptions) *SQSFeed {
	o = o.withDefaults(0)
	if o.SQS == nil {
		o.SQS = configuredQueue
	}
	return &SQSFeed{
		tally: newTally("sqs:"+queue, o.Log), queue: queue, o: o, clients: newClients(o.S3),
		wake: make(chan struct{}, 1), held: map[string]*message{},
	}
}

// Run is that of Feed. When ctx ends it waits a little for what is being taken
// in, and then makes the messages visible again that are not done.
func (f *SQSFeed) Run(ctx context.Context, take func(context.Context, Arrival) error) error {
	receivers, inner := errgroup.WithContext(ctx)
	for range f.o.Receivers {
		receivers.Go(func() error {
			return rounds(inner, f.o.Now, func(ctx context.Context, now time.Time) (time.Duration, error) {
				return f.receive(ctx, now, longPoll, take)
			})
		})
	}
	ended := make(chan error, 1)
	go func() { ended <- receivers.Wait() }()
	// Messages are looked after until the end, and that comes soon after ctx's.
	keep, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(inner, func() { time.AfterFunc(f.o.Grace+noticeTime+lastWords, cancel) })()
	var err error
	for going := true; going; {
		f.settle(keep, f.o.Now())
		f.countWaiting(inner, f.o.Now())
		wait := time.NewTimer(keepEvery)
		select {
		case err = <-ended:
			going = false
		case <-f.wake:
		case <-wait.C:
		}
		wait.Stop()
	}
	f.stop(keep)
	return orderly(ctx, err)
}

// stop ends the work on the messages that are held.
func (f *SQSFeed) stop(ctx context.Context) {
	grace := time.NewTimer(f.o.Grace)
	defer grace.Stop()
	for waiting := true; waiting && f.working(); {
		select {
		case <-grace.C:
			waiting = false
		case <-f.wake:
		}
		f.settle(ctx, f.o.Now())
	}
	if f.giveAllBack() {
		// Shown at once, they might be given to a receive of ours that just ended,
		// as far as the queue has not noticed yet.
		notice := time.NewTimer(noticeTime)
		defer notice.Stop()
		<-notice.C
		f.settle(ctx, f.o.Now())
	}
}

// Tick looks after the messages that are held, and does one receive, which does
// not wait. It says how long to wait until the next. Its error is that of take.
func (f *SQSFeed) Tick(ctx context.Context, now time.Time, take Take) (time.Duration, error) {
	f.settle(ctx, now)
	return f.receive(ctx, now, 0, take)
}

// queueClient is the queue's client, made when first asked for.
func (f *SQSFeed) queueClient(ctx context.Context) (SQSClient, error) {
	f.mu.Lock()
	client := f.client
	f.mu.Unlock()
	if client != nil {
		return client, nil
	}
	ctx, cancel := context.WithTimeout(ctx, requestTime)
	defer cancel()
	client, err := f.o.SQS(ctx, f.queue)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.client = client
	return client, nil
}

// receive takes some messages from the queue and gives what they announce.
func (f *SQSFeed) receive(ctx context.Context, now time.Time, wait time.Duration, take Take) (time.Duration, error) {
	if f.holding() >= maxHeld {
		return keepEvery, nil
	}
	messages, err := f.messages(ctx, wait)
	if err != nil && ctx.Err() != nil {
		return 0, ctx.Err()
	}
	f.told(now, &f.received, err)
	if err != nil {
		return 5 * time.Second, nil
	}
	if wait > 0 {
		now = f.o.Now() // it may have waited long
	}
	var all []announced
	for _, m := range messages {
		all = append(all, f.read(m, now)...)
	}
	slices.SortFunc(all, func(a, b announced) int { return compareStored(a.stored(), b.stored()) })
	marks := f.marked(ctx, all)
	for i, a := range all {
		switch {
		case ctx.Err() != nil:
			f.done(a.message, context.Canceled)
		case marks[i]:
			f.done(a.message, nil)
		default:
			if refused := take(ctx, f.arrival(a)); refused != nil {
				for _, rest := range all[i:] {
					f.done(rest.message, context.Canceled)
				}
				return 0, refused
			}
			f.count(1, 0, 0)
		}
	}
	return 0, nil
}

// messages receives some.
func (f *SQSFeed) messages(ctx context.Context, wait time.Duration) ([]types.Message, error) {
	client, err := f.queueClient(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, wait+requestTime)
	defer cancel()
	out, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &f.queue, MaxNumberOfMessages: atOnceSQS,
		WaitTimeSeconds: int32(wait / time.Second), VisibilityTimeout: int32(hidden / time.Second),
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		return nil, fmt.Errorf("receive messages: %w", brieflyQueue(err))
	}
	return out.Messages, nil
}

// An announced is an object that a message announces.
type announced struct {
	event.NotifiedObject
	message *message
}

func (a announced) stored() stored { return stored{key: a.Key, version: a.ETag, size: a.Size} }

// read holds a message and reads what it announces. A message that is held
// already only gets its newest receipt.
func (f *SQSFeed) read(m types.Message, now time.Time) []announced {
	held := f.hold(m, now)
	if held == nil {
		return nil
	}
	said, err := event.ParseNotification([]byte(aws.ToString(m.Body)))
	foreign := slices.ContainsFunc(said.Skipped, func(s event.Skipped) bool { return s.Why == event.ForeignMessage })
	if err == nil && foreign && len(said.Objects) == 0 {
		err = errors.New("no notification of a new object")
	}
	skipped := int64(len(said.Skipped))
	if err != nil {
		f.count(0, 0, 1)
		f.o.Log.Warn("message of the queue is not understood, and left in it", "source", f.Name(), "message", held.id, "error", err)
		held.alien, skipped = true, 0
	}
	var wanted []announced
	for _, o := range said.Objects {
		switch {
		case !f.wanted(o):
			skipped++
		case !slices.ContainsFunc(wanted, func(a announced) bool { return a.Bucket == o.Bucket && a.Key == o.Key }):
			wanted = append(wanted, announced{o, held})
		}
	}
	f.count(0, skipped, 0)
	f.begin(held, len(wanted))
	return wanted
}

// wanted tells whether an object is to be taken in.
func (f *SQSFeed) wanted(o event.NotifiedObject) bool {
	if len(f.o.Buckets) > 0 && !slices.Contains(f.o.Buckets, o.Bucket) || !bucketName(o.Bucket) || !storable(o.ETag) {
		return false
	}
	named, wanted := f.o.byCloudTrail(o.Key)
	return storable(o.Key) && (named && wanted || !named && f.o.AnyKey && f.o.wanted(o.Key))
}

// marked tells which objects were taken in before, as far as messages say which
// version they announce. When the marks cannot be asked it is not known of any:
// who takes files in asks again and can wait. Giving the messages back instead
// would bring them nearer to the dead letters each time.
func (f *SQSFeed) marked(ctx context.Context, all []announced) []bool {
	marks := make([]bool, len(all))
	versions, places := map[string][]FileVersion{}, map[string][]int{}
	for i, a := range all {
		if a.ETag != "" {
			versions[a.Bucket] = append(versions[a.Bucket], FileVersion{a.Key, a.ETag})
			places[a.Bucket] = append(places[a.Bucket], i)
		}
	}
	for bucket, files := range versions {
		some, err := marked(ctx, f.o.Marks, "s3://"+bucket, files)
		if err != nil {
			continue
		}
		for i, place := range places[bucket] {
			marks[place] = some[i]
		}
	}
	return marks
}

func (f *SQSFeed) arrival(a announced) Arrival {
	source := "s3://" + a.Bucket
	return Arrival{
		Source: source, Key: a.Key, Version: a.ETag, Name: source + "/" + a.Key, Size: a.Size, Again: a.message.times - 1,
		Open: func(ctx context.Context) (content, string, error) { return f.clients.open(ctx, a.Bucket, a.Key) },
		Done: func(_ context.Context, err error) { f.done(a.message, err) },
	}
}

// told notes how a part of the work went.
func (f *SQSFeed) told(now time.Time, part *error, err error) {
	f.mu.Lock()
	*part = err
	all := f.received
	if all == nil {
		all = f.kept
	}
	f.mu.Unlock()
	f.reached(now, all)
}

// countWaiting asks the queue, now and then, how many messages wait. Where that
// is not allowed it is unknown.
func (f *SQSFeed) countWaiting(ctx context.Context, now time.Time) {
	f.mu.Lock()
	client := f.client
	due := now.Sub(f.asked) >= countEvery || now.Before(f.asked)
	if due {
		f.asked = now
	}
	f.mu.Unlock()
	if client == nil || !due {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	const name = types.QueueAttributeNameApproximateNumberOfMessages
	n := int64(-1)
	out, err := client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &f.queue, AttributeNames: []types.QueueAttributeName{name}})
	if err == nil {
		if n, err = strconv.ParseInt(out.Attributes[string(name)], 10, 64); err != nil {
			n = -1
		}
	}
	f.waiting(n)
}
