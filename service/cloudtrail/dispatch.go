package cloudtrail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/core/event"
	"tocsin/internal/crash"
	"tocsin/store/state"
)

// The bounds of what one round of dispatch takes: records, and bytes of them.
const (
	atOnce      = 200
	atOnceBytes = 4 << 20
)

// A batch are records that wait for a log file, or for a log group that could
// not be written to.
type batch struct {
	Records []json.RawMessage `json:"records"`
	Oldest  time.Time         `json:"oldest"`
	Newest  time.Time         `json:"newest"`
}

func (b batch) size() (n int64) {
	for _, r := range b.Records {
		n += int64(len(r))
	}
	return n
}

// batches are they, by when they came in; Parent is the name of a pending.
var batches = state.Kind[batch]("trail-batch")

// A pending is what waits of one trail: the records of a Region for a log file,
// or, with the Region logsRegion, those for its log group.
type pending struct {
	Region string    `json:"region"`
	Since  time.Time `json:"since"` // of the oldest batch
	Bytes  int64     `json:"bytes"` // of the records
	Tries  int       `json:"tries,omitempty"`
	Next   time.Time `json:"next,omitzero"` // try
	// File is a log file that is being written.
	File *file `json:"file,omitempty"`
}

// logsRegion stands in the place of a Region for what waits for the log group.
const logsRegion = "logs"

// pendings are they, by trail id and Region; Parent is the trail's id.
var pendings = state.Kind[pending]("trail-pending")

func pendingName(t trail, region string) string { return t.Value.ID + "/" + region }

// dispatch takes the records that wait to the log groups and to the trails.
func (s *Service) dispatch(ctx context.Context, now time.Time) error {
	s.dispatching.Lock()
	defer s.dispatching.Unlock()
	var first []state.OwnRecord
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		first, err = tx.OwnRecords(ctx, 0, 1)
		return err
	})
	if err != nil || len(first) == 0 {
		return err
	}
	return s.leased(ctx, "cloudtrail-dispatch", now, func() error {
		for {
			more, err := s.dispatchSome(ctx, now)
			if errors.Is(err, state.ErrChanged) {
				s.Wake() // another process delivered at the same time
				return nil
			}
			if err != nil || !more {
				return err
			}
		}
	})
}

// dispatchSome takes some records on their way; true when there are more.
func (s *Service) dispatchSome(ctx context.Context, now time.Time) (more bool, err error) {
	var stored []state.OwnRecord
	var trails []trail
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		if stored, err = tx.OwnRecords(ctx, 0, atOnce); err != nil {
			return err
		}
		trails, err = allTrails(ctx, tx, everywhere)
		return err
	})
	if err != nil || len(stored) == 0 {
		return false, err
	}
	more = len(stored) == atOnce
	var records []own
	var ids []int64
	size := 0
	for _, one := range stored {
		if size += len(one.Body); size > atOnceBytes && len(ids) > 0 {
			more = true
			break
		}
		ids = append(ids, one.ID)
		r, err := readOwn(one)
		if err != nil {
			s.o.Log.Error("a record cannot be read and is left out", "error", err)
			continue
		}
		records = append(records, r)
	}
	if err := s.putOwn(ctx, records); err != nil {
		return false, err
	}
	crash.Point("trail: own records are in the log group")
	loads := make([]load, 0, len(trails))
	for _, t := range trails {
		if l := s.loadOf(ctx, t, records); len(l.taken) > 0 {
			loads = append(loads, l)
		}
	}
	crash.Point("trail: own records are in the log groups of trails")
	prefix := fmt.Sprintf("%020d-%s", now.UnixNano(), s.o.NewID())
	return more, s.o.State.Update(ctx, func(tx *state.Tx) error {
		// First, so that another process, whose lease began when ours ran out, has not taken them too.
		if err := tx.DeleteOwnRecords(ctx, ids...); err != nil {
			return err
		}
		for _, l := range loads {
			if err := l.keep(ctx, tx, now, prefix); err != nil {
				return err
			}
		}
		return nil
	})
}

// putOwn puts management events into the operator's own log group.
func (s *Service) putOwn(ctx context.Context, records []own) error {
	group := s.o.Group()
	if group == 0 || s.o.Put == nil {
		return nil
	}
	type place struct{ account, region string }
	byStream := map[place][]LogEvent{}
	var order []place
	for _, r := range records {
		if r.Category == "Data" {
			continue
		}
		at := place{r.Account, r.Region}
		if byStream[at] == nil {
			order = append(order, at)
		}
		byStream[at] = append(byStream[at], r.logEvent())
	}
	for _, at := range order {
		err := s.o.Put(ctx, group, at.account+"_CloudTrail_"+at.region, byStream[at])
		if errors.Is(err, state.ErrNotFound) {
			// Somebody deleted the log group. The trails have theirs.
			s.o.Log.Error("own records have no log group to go to", "records", len(byStream[at]), "error", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("put own records: %w", err)
		}
	}
	return nil
}

func (r own) logEvent() LogEvent {
	at := r.EventTime
	if at.IsZero() {
		at = r.At
	}
	id, _ := event.IDOf(event.Value{Kind: event.String, Raw: []byte(r.EventID)})
	return LogEvent{Time: at, ID: id, Message: r.Body}
}

// A load is what one trail takes.
type load struct {
	trail   trail
	taken   []own
	logged  string // why the log group could not be written to
	grouped bool   // whether it has one
}

// loadOf is what a trail takes of records; it puts them into its log group.
func (s *Service) loadOf(ctx context.Context, t trail, records []own) load {
	l := load{trail: t}
	for _, r := range records {
		if takes(t, r) {
			l.taken = append(l.taken, r)
		}
	}
	if l.grouped = t.Value.LogGroup != "" && s.o.Put != nil; l.grouped && len(l.taken) > 0 {
		events := make([]LogEvent, len(l.taken))
		for i, r := range l.taken {
			events[i] = r.logEvent()
		}
		l.logged = s.putLogs(ctx, t, events)
	}
	return l
}

// putLogs puts events into the log group of a trail, and tells why it could not.
func (s *Service) putLogs(ctx context.Context, t trail, events []LogEvent) (failure string) {
	in, name, _ := logGroupOf(t.Value.LogGroup)
	var group state.LogGroup
	err := s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		group, err = tx.LogGroup(ctx, in, name)
		return err
	})
	if errors.Is(err, state.ErrNotFound) {
		return "ResourceNotFoundException"
	}
	if err == nil {
		err = s.o.CanAssume(ctx, t.Value.Role, Principal, sourceOf(t), logNeeds(t))
	}
	if err == nil {
		err = s.o.Put(ctx, group.ID, stream(t), events)
	}
	return s.failure(t, err)
}

// keep writes what a trail took: for log files, and for the log group what
// could not be put there.
func (l load) keep(ctx context.Context, tx *state.Tx, now time.Time, prefix string) error {
	regions := map[string][]own{}
	for _, r := range l.taken {
		regions[r.Region] = append(regions[r.Region], r)
	}
	if l.grouped {
		if err := note(ctx, tx, l.trail, func(st *Status) { st.Logs.took(now, l.logged) }); err != nil {
			return err
		}
		if l.logged != "" {
			regions[logsRegion] = l.taken
		}
	}
	names := make([]string, 0, len(regions))
	for region := range regions {
		names = append(names, region)
	}
	slices.Sort(names)
	for _, region := range names {
		if err := addBatch(ctx, tx, l.trail, region, newBatch(regions[region]), now, prefix); err != nil {
			return err
		}
	}
	return nil
}

func newBatch(records []own) batch {
	var b batch
	for _, r := range records {
		b.Records = append(b.Records, r.Body)
		at := r.logEvent().Time
		if b.Oldest.IsZero() || at.Before(b.Oldest) {
			b.Oldest = at
		}
		if at.After(b.Newest) {
			b.Newest = at
		}
	}
	return b
}

func addBatch(ctx context.Context, tx *state.Tx, t trail, region string, b batch, now time.Time, prefix string) error {
	name := pendingName(t, region)
	_, err := batches.Put(ctx, tx, state.Resource[batch]{Scope: t.Scope, Name: prefix + "-" + name, Parent: name, Value: b, Created: now})
	if err != nil {
		return err
	}
	p, err := pendings.Get(ctx, tx, t.Scope, name)
	if errors.Is(err, state.ErrNotFound) {
		p, err = state.Resource[pending]{Scope: t.Scope, Name: name, Parent: t.Value.ID, Created: now, Value: pending{Region: region, Since: now}}, nil
	}
	if err != nil {
		return err
	}
	p.Value.Bytes += b.size()
	_, err = pendings.Put(ctx, tx, p)
	return err
}
