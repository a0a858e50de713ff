package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"

	"tocsin/core/pattern"
	"tocsin/store/events"
	"tocsin/store/state"
)

// A tap is a subscription filter, compiled. It stands behind the metric filters of
// its group among the patterns that records are matched with.
type tap struct {
	id      int64
	name    string
	pattern *pattern.Pattern
}

// readTaps reads the subscription filters of all groups. One that cannot be
// compiled is left out and told of.
func readTaps(ctx context.Context, tx *state.Tx, groups map[int64]*group, log *slog.Logger) error {
	all, err := tx.SubscriptionFilters(ctx, 0)
	if err != nil {
		return fmt.Errorf("read subscription filters: %w", err)
	}
	for _, f := range all {
		g := groups[f.LogGroup]
		if g == nil {
			continue // of a group that is being deleted
		}
		p, err := pattern.Parse(f.Pattern)
		if err != nil {
			log.Error("a stored subscription filter is not valid and sends nothing; put it anew", "filter", f.Name, "log group", g.log.Name, "error", err)
			continue
		}
		g.taps = append(g.taps, tap{f.ID, f.Name, p})
	}
	return nil
}

// forwardBytes is how many bytes of messages one message to a destination has at
// most, but for its first event.
const forwardBytes = 256 << 10

// dataMessage is what destinations get (CloudWatch Logs User Guide, "Real-time
// processing of log data with subscriptions").
type dataMessage struct {
	MessageType         string         `json:"messageType"`
	Owner               string         `json:"owner"`
	LogGroup            string         `json:"logGroup"`
	LogStream           string         `json:"logStream"`
	SubscriptionFilters []string       `json:"subscriptionFilters"`
	LogEvents           []forwardEvent `json:"logEvents"`
}

type forwardEvent struct {
	ID        string `json:"id"`
	Timestamp int64  `json:"timestamp"`
	Message   string `json:"message"`
}

// forwards are the messages to destinations that the new events make: of each
// subscription filter and log stream its own, in the order in which they came in.
func (s *sheet) forwards(now int64) (out []state.Forward, err error) {
	for i, places := range s.tapped {
		t := &s.group.taps[i]
		var streams []string
		of := map[string][]place{}
		for _, at := range places {
			stream := at.part.streams[at.part.records[at.index].stream]
			if of[stream] == nil {
				streams = append(streams, stream)
			}
			of[stream] = append(of[stream], at)
		}
		for _, stream := range streams {
			for rest := of[stream]; len(rest) > 0; {
				n, size := 0, 0
				for n < len(rest) && (n == 0 || size+len(rest[n].part.message(rest[n].index)) <= forwardBytes) {
					size += len(rest[n].part.message(rest[n].index))
					n++
				}
				body, err := s.dataMessage(t, stream, rest[:n])
				if err != nil {
					return nil, err
				}
				out = append(out, state.Forward{Filter: t.id, At: now, Body: body})
				rest = rest[n:]
			}
		}
	}
	return out, nil
}

// dataMessage is a message of some events, as gzip.
func (s *sheet) dataMessage(t *tap, stream string, places []place) ([]byte, error) {
	m := dataMessage{
		MessageType: "DATA_MESSAGE", Owner: s.group.log.Account, LogGroup: s.group.log.Name, LogStream: stream,
		SubscriptionFilters: []string{t.name},
	}
	for _, at := range places {
		r := &at.part.records[at.index]
		m.LogEvents = append(m.LogEvents, forwardEvent{events.Number(r.time, r.id), r.time, string(at.part.message(at.index))})
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	e := json.NewEncoder(z)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil {
		return nil, fmt.Errorf("encode events to send on: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("encode events to send on: %w", err)
	}
	return out.Bytes(), nil
}

// tap notes a new event that a subscription filter selects. What is filled in later
// is no news to anybody.
func (s *sheet) tap(i int, at place) {
	if at.part.file.arrival.Quiet {
		return
	}
	if s.tapped == nil {
		s.tapped = make([][]place, len(s.group.taps))
	}
	s.tapped[i] = append(s.tapped[i], at)
}

// patterns are those of the metric filters, and behind them of the subscription filters.
func (g *group) patterns() []*pattern.Pattern {
	patterns := make([]*pattern.Pattern, 0, len(g.filters)+len(g.taps))
	for _, f := range g.filters {
		patterns = append(patterns, f.Pattern)
	}
	for _, t := range g.taps {
		patterns = append(patterns, t.pattern)
	}
	return slices.Clip(patterns)
}
