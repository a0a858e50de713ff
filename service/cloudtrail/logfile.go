package cloudtrail

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"time"

	"tocsin/core/digest"
	"tocsin/core/event"
	"tocsin/core/topic"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// A file is a log file whose key and content are settled, so that it can be
// written again after a crash.
type file struct {
	Bucket  string   `json:"bucket"`
	Key     string   `json:"key"`
	Batches []string `json:"batches"` // names
	Notice  string   `json:"notice"`  // id of the message about it
}

// batchesAtOnce is how many batches are read at once: after a long failure many wait.
const batchesAtOnce = 64

// some are the batches that are delivered together; the rest is for the next round.
func (s *Service) some(ctx context.Context, tx *state.Tx, p state.Resource[pending]) (some []state.Resource[batch], err error) {
	var size int64
	for last := ""; ; last = some[len(some)-1].Name {
		more, err := batches.After(ctx, tx, p.Name, last, batchesAtOnce)
		if err != nil {
			return nil, err
		}
		for _, b := range more {
			if size += b.Value.size(); size > 2*s.o.FileBytes && len(some) > 0 {
				return some, nil
			}
			some = append(some, b)
		}
		if len(more) < batchesAtOnce {
			return some, nil
		}
	}
}

// fileStep is what the times in the names of log files are multiples of.
const fileStep = 5 * time.Minute

// deliverLogs puts what waits into the log group.
func (s *Service) deliverLogs(ctx context.Context, now time.Time, t trail, p state.Resource[pending]) error {
	var waiting []state.Resource[batch]
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		waiting, err = s.some(ctx, tx, p)
		return err
	})
	if err != nil {
		return err
	}
	var events []LogEvent
	for _, b := range waiting {
		for _, body := range b.Value.Records {
			r, err := readOwn(state.OwnRecord{Body: body})
			if err != nil {
				return err
			}
			events = append(events, r.logEvent())
		}
	}
	// A trail that has no log group any more does not want them.
	failure := ""
	if t.Value.LogGroup != "" && len(events) > 0 {
		failure = s.putLogs(ctx, t, events)
	}
	return s.finish(ctx, now, t, p, names(waiting), func(ctx context.Context, tx *state.Tx) error {
		return note(ctx, tx, t, func(st *Status) { st.Logs.took(now, failure) })
	}, failure)
}

func names(all []state.Resource[batch]) (names []string) {
	for _, b := range all {
		names = append(names, b.Name)
	}
	return names
}

// deliverFile writes a log file.
func (s *Service) deliverFile(ctx context.Context, now time.Time, t trail, p state.Resource[pending]) error {
	waiting, f, err := s.settle(ctx, t, p)
	if err != nil {
		return raced(err)
	}
	crash.Point("trail: a log file is settled")
	var content bytes.Buffer
	content.WriteString(`{"Records":[`)
	var oldest, newest time.Time
	for _, b := range waiting {
		for _, r := range b.Value.Records {
			if content.Len() > len(`{"Records":[`) {
				content.WriteByte(',')
			}
			content.Write(r)
		}
		if oldest.IsZero() || b.Value.Oldest.Before(oldest) {
			oldest = b.Value.Oldest
		}
		if b.Value.Newest.After(newest) {
			newest = b.Value.Newest
		}
	}
	content.WriteString("]}")
	failure := s.putObject(ctx, t, f.Bucket, f.Key, content.Bytes(), nil)
	if hopeless(t, failure) {
		return s.giveUp(ctx, t, p)
	}
	crash.Point("trail: a log file is written")
	notice, noticeFailure, err := s.notice(ctx, now, t, f, failure)
	if err != nil {
		return err
	}
	log := digest.LogOf(digest.Place{Bucket: f.Bucket, Key: f.Key}, content.Bytes(), oldest, newest)
	err = s.finish(ctx, now, t, p, f.Batches, func(ctx context.Context, tx *state.Tx) error {
		err := note(ctx, tx, t, func(st *Status) {
			st.Files.took(now, failure)
			if t.Value.TopicARN != "" && failure == "" {
				st.Topic.took(now, noticeFailure)
			}
		})
		if err != nil || failure != "" {
			return err
		}
		if notice != nil {
			if err := tx.Publish(ctx, *notice); err != nil {
				return err
			}
		}
		return deliveredLog(ctx, tx, t, p.Value.Region, p.Value.Since, delivered{log, now})
	}, failure)
	if err == nil && notice != nil {
		s.o.Published()
	}
	return err
}

// settle decides, once, what the next log file holds and is called.
func (s *Service) settle(ctx context.Context, t trail, p state.Resource[pending]) (waiting []state.Resource[batch], f *file, err error) {
	unique, notice := rand.Text()[:16], s.o.NewID()
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		waiting = nil
		current, err := pendings.Get(ctx, tx, p.Scope, p.Name)
		if err != nil {
			return err
		}
		if f = current.Value.File; f != nil {
			for _, name := range f.Batches {
				b, err := batches.Get(ctx, tx, p.Scope, name)
				if err != nil {
					return err
				}
				waiting = append(waiting, b)
			}
			return nil
		}
		if waiting, err = s.some(ctx, tx, p); err != nil {
			return err
		}
		var newest time.Time
		for _, b := range waiting {
			if b.Value.Newest.After(newest) {
				newest = b.Value.Newest
			}
		}
		f = &file{
			Bucket: t.Value.Bucket, Key: fileKey(digests(t, p.Value.Region), newest, unique),
			Batches: names(waiting), Notice: notice,
		}
		current.Value.File = f
		_, err = pendings.Put(ctx, tx, current)
		return err
	})
	return waiting, f, err
}

// fileKey is the key of a log file whose newest event is of that time.
func fileKey(t digest.Trail, newest time.Time, unique string) string {
	stamp := newest.UTC().Truncate(fileStep)
	if stamp.Before(newest) {
		stamp = stamp.Add(fileStep)
	}
	return t.LogFolder() + stamp.Format("2006/01/02/") + t.Account + "_" + event.LogFiles + "_" + t.Region + "_" + stamp.Format("20060102T1504Z") + "_" + unique + ".json.gz"
}

// putObject writes a file into the bucket of a trail, and tells why it could not.
func (s *Service) putObject(ctx context.Context, t trail, bucket, key string, content []byte, meta map[string]string) (failure string) {
	header := map[string]string{"Content-Type": "application/json", "Content-Encoding": "gzip", "x-amz-acl": ownerControl}
	if t.Value.KMSKey != "" {
		header["x-amz-server-side-encryption"], header["x-amz-server-side-encryption-aws-kms-key-id"] = "aws:kms", t.Value.KMSKey
	}
	for name, v := range meta {
		header["x-amz-meta-"+name] = v
	}
	t.Value.Bucket = bucket
	needs, err := s.bucketNeeds(ctx, t, key, header)
	if err == nil {
		err = s.o.ServiceMay(ctx, Principal, sourceOf(t), needs)
	}
	if err == nil {
		err = s.o.Buckets.PutObject(s.as(ctx, t), bucket, key, digest.Compress(content), header)
	}
	return s.failure(t, err)
}

// failure is what the status of a trail says of a delivery: the code of an API
// error. Of others the log tells.
func (s *Service) failure(t trail, err error) string {
	if err == nil {
		return ""
	}
	if code := codeOf(err); code != "" {
		return code
	}
	s.o.Log.Error("a trail could not deliver", "trail", t.Value.ARN, "error", err)
	return internalError
}

// internalError is what the status of a trail says when the fault is ours; the
// log says more.
const internalError = "InternalError"

// notice is the message about a new log file, or why there is none.
func (s *Service) notice(ctx context.Context, now time.Time, t trail, f *file, failure string) (*state.Publication, string, error) {
	if t.Value.TopicARN == "" || failure != "" {
		return nil, "", nil
	}
	if err := s.mayPublish(ctx, t); err != nil {
		if err == error(errTopic) {
			return nil, "AuthorizationError", nil
		}
		return nil, "", err
	}
	body, err := json.Marshal(struct {
		Bucket string   `json:"s3Bucket"`
		Keys   []string `json:"s3ObjectKey"`
	}{f.Bucket, []string{f.Key}})
	if err != nil {
		return nil, "", err
	}
	message, err := topic.Publication{TopicARN: t.Value.TopicARN, Message: string(body)}.Check(f.Notice, now)
	if err != nil {
		return nil, "", err
	}
	return &state.Publication{Message: message, Kind: topic.Notification}, "", nil
}

// finish writes how a delivery went: after a success the batches are gone,
// after a failure it is tried again later.
func (s *Service) finish(ctx context.Context, now time.Time, t trail, p state.Resource[pending], done []string, also func(context.Context, *state.Tx) error, failure string) error {
	err := s.o.State.Update(ctx, func(tx *state.Tx) error {
		if err := also(ctx, tx); err != nil {
			return err
		}
		current, err := pendings.Get(ctx, tx, p.Scope, p.Name)
		if err != nil {
			return err
		}
		if failure != "" {
			current.Value.Next = now.Add(backoff(current.Value.Tries))
			current.Value.Tries++
			_, err = pendings.Put(ctx, tx, current)
			return err
		}
		rest := current.Value.Bytes
		for _, name := range done {
			b, err := batches.Get(ctx, tx, p.Scope, name)
			if err != nil {
				return err
			}
			rest -= b.Value.size()
			if err := batches.Delete(ctx, tx, p.Scope, name); err != nil {
				return err
			}
		}
		left, err := batches.After(ctx, tx, p.Name, "", 1)
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return pendings.Delete(ctx, tx, p.Scope, p.Name)
		}
		current.Value = pending{Region: current.Value.Region, Since: left[0].Created, Bytes: rest}
		_, err = pendings.Put(ctx, tx, current)
		return err
	})
	return raced(err)
}

// raced is nil when another process was faster: what it did is the same, and the
// next round sees it.
func raced(err error) error {
	if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrChanged) {
		return nil
	}
	return err
}

// giveUp forgets what could not be delivered for too long.
func (s *Service) giveUp(ctx context.Context, t trail, p state.Resource[pending]) error {
	s.o.Log.Error("what a trail could not deliver is given up", "trail", t.Value.ARN, "region", p.Value.Region, "since", p.Value.Since, "bytes", p.Value.Bytes)
	return s.o.State.Update(ctx, func(tx *state.Tx) error {
		for {
			left, err := batches.After(ctx, tx, p.Name, "", batchesAtOnce)
			if err != nil {
				return err
			}
			if len(left) == 0 {
				return pendings.Delete(ctx, tx, p.Scope, p.Name)
			}
			for _, b := range left {
				if err := batches.Delete(ctx, tx, b.Scope, b.Name); err != nil {
					return err
				}
			}
		}
	})
}
