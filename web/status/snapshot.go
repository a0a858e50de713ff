package status

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// A Source is how a source of log files fares.
type Source struct {
	Name    string
	Since   time.Time // when it was last reached; zero for not yet
	Problem string    // why it cannot go on, "" when it can
	Given   int64     // files, since the start
	Skipped int64     // what was no log file
	Failed  int64     // what could not be understood
	Waiting int64     // -1 when unknown
}

// A snapshot is all that the page shows, at one time.
type snapshot struct {
	Now, Started time.Time
	Version      string
	Account      string
	Sources      []Source
	Files        []state.LastFile
	MoreFiles    int // that are not shown
	Alarms       []alarmRow
	InAlarm      int
	ManyRegions  bool // or accounts, that alarms or log groups are in
	Subscribers  []subscriberRow
	Confirmed    int
	Counts       map[string]int64
	OldestWait   time.Time
	Deliveries   []deliveryRow
	Groups       []groupRow
}

// An alarmRow is an alarm of any kind; of a composite alarm, a state.Alarm that has
// only what both kinds have.
type alarmRow struct {
	state.Alarm
	Kind    string // "" for an alarm on one metric
	Counted bool   // that it has a metric of its own, which Spark is of
	Spark   spark
	Muted   time.Time // until when; zero for not
	Held    bool      // that a suppressor keeps its actions back
}

type subscriberRow struct {
	state.Subscription
	Shown string // the endpoint without what is secret in it
}

// Topic is the name of its topic.
func (s subscriberRow) Topic() string { return s.TopicARN[strings.LastIndexByte(s.TopicARN, ':')+1:] }

type deliveryRow struct {
	state.Delivery
	Protocol topic.Protocol
	Shown    string
	Subject  string
}

type groupRow struct {
	state.LogGroup
	state.Usage
}

// Limits of what the page reads and shows.
const (
	maxDeliveries = 25
	maxFiles      = 200 // accounts and Regions
	sparkHours    = 24
)

// read takes a snapshot. The tables are read in one transaction, so that they agree.
func (p *Page) read(ctx context.Context) (snapshot, error) {
	s := snapshot{Now: p.o.Now(), Started: p.started, Version: p.o.Version, Account: p.o.Account}
	if p.o.Sources != nil {
		s.Sources = p.o.Sources()
	}
	err := p.o.State.View(ctx, func(tx *state.Tx) error {
		s.Alarms, s.Subscribers, s.Deliveries, s.Groups, s.InAlarm, s.Confirmed = nil, nil, nil, nil, 0, 0
		if err := s.readAlarms(ctx, tx); err != nil {
			return err
		}
		if err := p.readSubscribers(ctx, tx, &s); err != nil {
			return err
		}
		if err := p.readDeliveries(ctx, tx, &s); err != nil {
			return err
		}
		var err error
		if s.Files, err = tx.LastFiles(ctx); err != nil {
			return err
		}
		slices.SortStableFunc(s.Files, func(a, b state.LastFile) int { return b.At.Compare(a.At) })
		s.MoreFiles = max(len(s.Files)-maxFiles, 0)
		s.Files = s.Files[:len(s.Files)-s.MoreFiles]
		groups, err := tx.LogGroups(ctx)
		if err != nil {
			return err
		}
		for _, g := range groups {
			usage, err := tx.Usage(ctx, g.ID)
			if err != nil {
				return err
			}
			s.Groups = append(s.Groups, groupRow{g, usage})
			s.ManyRegions = s.ManyRegions || g.Scope != groups[0].Scope
		}
		return nil
	})
	return s, err
}

// Ringing names those that ring, the most serious first, at most three of them.
func (s snapshot) Ringing() string {
	const most = 3
	var names []string
	for _, a := range s.Alarms[:min(s.InAlarm, most)] {
		names = append(names, cmp.Or(a.Extra.Title, a.Definition.Name))
	}
	if more := s.InAlarm - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, " · ")
}

// severities are those of a pack, the most serious first; an alarm of no pack
// comes after them.
var severities = []string{"critical", "high", "medium", "low"}

func gravity(a alarmRow) int {
	if i := slices.Index(severities, a.Extra.Severity); i >= 0 {
		return i
	}
	return len(severities)
}

func (p *Page) readSubscribers(ctx context.Context, tx *state.Tx, s *snapshot) error {
	subscriptions, err := tx.Subscriptions(ctx, "")
	if err != nil {
		return err
	}
	for _, sub := range subscriptions {
		s.Subscribers = append(s.Subscribers, subscriberRow{sub, p.o.Redact(sub.Protocol, sub.Endpoint)})
		if sub.Confirmed {
			s.Confirmed++
		}
	}
	return nil
}

func (p *Page) readDeliveries(ctx context.Context, tx *state.Tx, s *snapshot) error {
	counts, oldest, err := tx.DeliveryCounts(ctx)
	if err != nil {
		return err
	}
	s.Counts = map[string]int64{}
	for status, n := range counts {
		s.Counts[string(status)] = n
	}
	if oldest > 0 {
		s.OldestWait = time.UnixMilli(oldest)
	}
	deliveries, err := tx.Deliveries(ctx, state.DeliveryQuery{Limit: maxDeliveries})
	if err != nil {
		return err
	}
	for _, d := range deliveries {
		job, err := tx.Delivery(ctx, d.ID)
		if err != nil {
			return err
		}
		s.Deliveries = append(s.Deliveries, deliveryRow{
			Delivery: d, Protocol: job.Subscription.Protocol, Subject: subject(job.Publication),
			Shown: p.o.Redact(job.Subscription.Protocol, job.Subscription.Endpoint),
		})
	}
	return nil
}

func subject(p state.Publication) string {
	switch {
	case p.Message.Subject != "":
		return p.Message.Subject
	case p.Kind != topic.Notification:
		return string(p.Kind)
	}
	return "(no subject)"
}

// DiskBytes is what blocks and segments take up.
func (g groupRow) DiskBytes() int64 { return g.BlockBytes + g.SegmentBytes }

// FirstTime is the time of the oldest event.
func (g groupRow) FirstTime() time.Time { return time.UnixMilli(g.First) }
