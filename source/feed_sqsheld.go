package source

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"tocsin/internal/crash"
)

// A message is one that was received and is not done with. Its fields are guarded
// by SQSFeed.mu but for id and times, which do not change while files of it are
// being taken in, and alien, which is set before they are.
type message struct {
	id, handle string
	times      int  // how often it was received
	alien      bool // not understood: not to be deleted
	left       int  // files that are not done
	failed     bool // a file of it was not taken in
	ended      bool // because whoever takes it in ends: somebody else may at once
	shows      time.Time
	next       next
	hide       time.Duration // of one that is given back
	tried      time.Time     // when next was last tried, zero for never
}

// A next is what is to become of a message.
type next int

const (
	work   next = iota // its files are being taken in
	remove             // it is done and to be deleted
	back               // it is to be shown again
)

// hold takes up a message that was received; nil when it is held already.
func (f *SQSFeed) hold(in types.Message, now time.Time) *message {
	id, shows := aws.ToString(in.MessageId), now.Add(hidden)
	times, err := strconv.Atoi(in.Attributes[string(types.MessageSystemAttributeNameApproximateReceiveCount)])
	if err != nil {
		times = 1 // not every server tells
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if m := f.held[id]; m != nil && m.next != back {
		m.handle, m.shows, m.tried = aws.ToString(in.ReceiptHandle), shows, time.Time{}
		return nil
	}
	m := &message{id: id, handle: aws.ToString(in.ReceiptHandle), times: times, shows: shows, left: 1}
	f.held[id] = m
	return m
}

// begin says how many files a message announces.
func (f *SQSFeed) begin(m *message, files int) {
	f.mu.Lock()
	m.left += files
	f.mu.Unlock()
	f.done(m, nil) // of the one that stood for what was not known yet
}

// done says that a file of a message is taken in, or was not.
func (f *SQSFeed) done(m *message, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m.failed = m.failed || err != nil
	m.ended = m.ended || errors.Is(err, context.Canceled)
	if m.left--; m.left > 0 || m.next != work {
		return
	}
	m.next = remove
	if m.failed || m.alien {
		m.next, m.hide = back, min(time.Second<<min(m.times, 10), backMax)
		if m.ended && !m.alien {
			m.hide = 0
		}
	}
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

// holding is how many messages are held.
func (f *SQSFeed) holding() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.held)
}

// working tells whether files are being taken in or messages are to be deleted.
func (f *SQSFeed) working() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.held {
		if m.next != back {
			return true
		}
	}
	return false
}

// giveAllBack has the messages shown again whose files are not taken in, and what
// was tried before tried once more. False when there is nothing left to do.
func (f *SQSFeed) giveAllBack() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopping = true
	for _, m := range f.held {
		if m.tried = (time.Time{}); m.next == work {
			m.next, m.hide = back, 0
		}
	}
	return len(f.held) > 0
}

// A change is one message's part of a request.
type change struct {
	message *message
	handle  string
	next    next
	hide    time.Duration
}

// settle deletes the messages that are done, shows those that are given back, and
// hides for longer those whose files are still being taken in.
func (f *SQSFeed) settle(ctx context.Context, now time.Time) {
	var removed, changed []change
	f.mu.Lock()
	for id, m := range f.held {
		c := change{m, m.handle, m.next, m.hide}
		switch {
		case m.next == back && !now.Before(m.shows):
			delete(f.held, id) // it shows by itself
		case m.next == back && m.ended && !f.stopping:
			// Shown at once, it would come to the receivers that are about to end.
		case now.Sub(m.tried) < keepEvery && !now.Before(m.tried):
		case m.next == remove:
			removed = append(removed, c)
		case m.next == back:
			changed = append(changed, c)
		case m.shows.Sub(now) < extendBefore:
			c.hide = hidden
			changed = append(changed, c)
		}
	}
	for _, c := range append(removed[:len(removed):len(removed)], changed...) {
		c.message.tried = now
	}
	f.mu.Unlock()
	if len(removed)+len(changed) == 0 {
		return
	}
	err := f.inBatches(ctx, removed, f.removeSome, func(c change, gone bool) { f.settled(c, gone, now) })
	if also := f.inBatches(ctx, changed, f.hideSome, func(c change, gone bool) { f.settled(c, gone, now) }); err == nil {
		err = also
	}
	f.told(now, &f.kept, err)
}

// settled notes that the queue did what it was asked to, or that the receipt is
// not good any more, and the message therefore not ours.
func (f *SQSFeed) settled(c change, gone bool, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := c.message
	switch {
	case f.held[m.id] != m || m.handle != c.handle || m.next != c.next:
		// It was received anew meanwhile, or is done.
	case c.next != work:
		delete(f.held, m.id)
	case !gone:
		m.shows = now.Add(c.hide)
	}
}

// inBatches makes requests of a few changes each. done is called for those that
// need not be tried again.
func (f *SQSFeed) inBatches(ctx context.Context, all []change, request func(context.Context, SQSClient, []change) ([]types.BatchResultErrorEntry, error), done func(c change, gone bool)) error {
	if len(all) == 0 {
		return nil
	}
	client, err := f.queueClient(ctx)
	if err != nil {
		return err
	}
	for len(all) > 0 {
		some := all[:min(len(all), atOnceSQS)]
		all = all[len(some):]
		failed, noAnswer := f.request(ctx, client, some, request)
		if noAnswer != nil {
			return noAnswer // the others would wait as long; all are tried again soon
		}
		refused := map[string]types.BatchResultErrorEntry{}
		for _, entry := range failed {
			refused[aws.ToString(entry.Id)] = entry
		}
		for i, c := range some {
			entry, isRefused := refused[strconv.Itoa(i)]
			if isRefused && !entry.SenderFault {
				err = fmt.Errorf("look after messages: %s: %s", aws.ToString(entry.Code), aws.ToString(entry.Message))
				continue
			}
			done(c, isRefused)
		}
	}
	return err
}

func (f *SQSFeed) request(ctx context.Context, client SQSClient, some []change, request func(context.Context, SQSClient, []change) ([]types.BatchResultErrorEntry, error)) ([]types.BatchResultErrorEntry, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime/3)
	defer cancel()
	return request(ctx, client, some)
}

func (f *SQSFeed) removeSome(ctx context.Context, client SQSClient, some []change) ([]types.BatchResultErrorEntry, error) {
	in := &sqs.DeleteMessageBatchInput{QueueUrl: &f.queue}
	for i, c := range some {
		in.Entries = append(in.Entries, types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &c.handle})
	}
	crash.Point("sqs: messages are about to be deleted")
	out, err := client.DeleteMessageBatch(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("delete messages: %w", brieflyQueue(err))
	}
	crash.Point("sqs: messages deleted")
	return out.Failed, nil
}

func (f *SQSFeed) hideSome(ctx context.Context, client SQSClient, some []change) ([]types.BatchResultErrorEntry, error) {
	in := &sqs.ChangeMessageVisibilityBatchInput{QueueUrl: &f.queue}
	for i, c := range some {
		in.Entries = append(in.Entries, types.ChangeMessageVisibilityBatchRequestEntry{
			Id: aws.String(strconv.Itoa(i)), ReceiptHandle: &c.handle, VisibilityTimeout: int32(c.hide / time.Second),
		})
	}
	out, err := client.ChangeMessageVisibilityBatch(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("change how long messages are hidden: %w", brieflyQueue(err))
	}
	return out.Failed, nil
}
