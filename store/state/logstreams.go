package state

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A LogStream is a log stream with what is known of its events.
type LogStream struct {
	LogGroup int64
	Name     string
	// Generation is how often a stream of that name was deleted before.
	Generation int64
	Created    time.Time
	// First and Last are times of events, Ingested when the newest came in; 0 as
	// long as there is none.
	First, Last, Ingested int64
	Bytes                 int64 // of the events' messages
}

// StreamStoredAs is the name that events of a stream are stored under: its own
// or, of a later generation, one that no stream can be given.
func StreamStoredAs(name string, generation int64) string {
	if generation == 0 {
		return name
	}
	return name + ":" + strconv.FormatInt(generation, 10)
}

// StreamOf is the name of the stream of events that are stored under a name.
func StreamOf(stored string) string {
	name, _, _ := strings.Cut(stored, ":")
	return name
}

const streamColumns = `log_group, name, generation, created, first_time, last_time, ingested, bytes`

func scanStream(r row) (s LogStream, err error) {
	var created int64
	err = r.Scan(&s.LogGroup, &s.Name, &s.Generation, &created, &s.First, &s.Last, &s.Ingested, &s.Bytes)
	s.Created = instant(created)
	return s, err
}

// CreateLogStream makes a stream without events. ErrChanged: there is one of that
// name; ErrNotFound: there is no such group.
func (tx *Tx) CreateLogStream(ctx context.Context, group int64, name string, created time.Time) error {
	return tx.changed(ctx, ErrChanged, `
		INSERT INTO log_streams (log_group, name, generation, deleted, created, first_time, last_time, ingested, bytes)
		VALUES ($1, $2, 0, 0, $3, 0, 0, 0, 0)
		ON CONFLICT (log_group, name) DO UPDATE SET deleted = 0, created = excluded.created WHERE log_streams.deleted = 1`,
		group, name, created)
}

// LogStream is the stream with that name, or ErrNotFound.
func (tx *Tx) LogStream(ctx context.Context, group int64, name string) (LogStream, error) {
	return one(ctx, tx, scanStream, `
		SELECT `+streamColumns+` FROM log_streams WHERE log_group = $1 AND name = $2 AND deleted = 0`, group, name)
}

// LogStreams are those of a group, by name.
func (tx *Tx) LogStreams(ctx context.Context, group int64) ([]LogStream, error) {
	streams, err := all(ctx, tx, scanStream, `
		SELECT `+streamColumns+` FROM log_streams WHERE log_group = $1 AND deleted = 0`, group)
	slices.SortFunc(streams, func(a, b LogStream) int { return cmp.Compare(a.Name, b.Name) })
	return streams, err
}

// DeleteLogStream removes a stream, or tells ErrNotFound. Its events stay where
// they are stored until the group no longer keeps them, under a name that is among
// HiddenStreams from now on.
func (tx *Tx) DeleteLogStream(ctx context.Context, group int64, name string) error {
	if err := tx.changed(ctx, ErrNotFound, `
		UPDATE log_streams SET deleted = 1, generation = generation + 1, first_time = 0, last_time = 0, ingested = 0, bytes = 0
		WHERE log_group = $1 AND name = $2 AND deleted = 0`, group, name); err != nil {
		return err
	}
	return tx.filtersChanged(ctx)
}

// A generation is a name of which streams were deleted.
type generation struct {
	group int64
	name  string
	count int64
}

func scanGeneration(r row) (g generation, err error) {
	err = r.Scan(&g.group, &g.name, &g.count)
	return g, err
}

// HiddenStreams are the names that events of deleted streams of a group are stored under.
func (tx *Tx) HiddenStreams(ctx context.Context, group int64) (map[string]bool, error) {
	deleted, err := all(ctx, tx, scanGeneration, `
		SELECT log_group, name, generation FROM log_streams WHERE log_group = $1 AND generation > 0`, group)
	hidden := map[string]bool{}
	for _, d := range deleted {
		for n := range d.count {
			hidden[StreamStoredAs(d.name, n)] = true
		}
	}
	return hidden, err
}

// StreamGenerations are the generations, of all groups, that are not 0. The
// revision of the filters changes whenever they do.
func (tx *Tx) StreamGenerations(ctx context.Context) (map[int64]map[string]int64, error) {
	found, err := all(ctx, tx, scanGeneration, `SELECT log_group, name, generation FROM log_streams WHERE generation > 0`)
	out := map[int64]map[string]int64{}
	for _, g := range found {
		if out[g.group] == nil {
			out[g.group] = map[string]int64{}
		}
		out[g.group][g.name] = g.count
	}
	return out, err
}

// SawStreams notes events of streams, each given once, that are made if need be.
func (tx *Tx) SawStreams(ctx context.Context, seen []LogStream) error {
	seen = slices.Clone(seen)
	slices.SortFunc(seen, func(a, b LogStream) int {
		return cmp.Or(cmp.Compare(a.LogGroup, b.LogGroup), cmp.Compare(a.Name, b.Name))
	})
	err := batches(len(seen), func(from, to int) error {
		var args []any
		for _, s := range seen[from:to] {
			args = append(args, s.LogGroup, s.Name, 0, 0, s.Created, s.First, s.Last, s.Ingested, s.Bytes)
		}
		_, err := tx.exec(ctx, `
			INSERT INTO log_streams (log_group, name, generation, deleted, created, first_time, last_time, ingested, bytes)
			VALUES `+values(to-from, 9)+`
			ON CONFLICT (log_group, name) DO UPDATE SET deleted = 0,
				created = CASE WHEN log_streams.deleted = 1 THEN excluded.created ELSE log_streams.created END,
				first_time = CASE WHEN log_streams.first_time = 0 OR excluded.first_time < log_streams.first_time
					THEN excluded.first_time ELSE log_streams.first_time END,
				last_time = CASE WHEN excluded.last_time > log_streams.last_time THEN excluded.last_time ELSE log_streams.last_time END,
				ingested = CASE WHEN excluded.ingested > log_streams.ingested THEN excluded.ingested ELSE log_streams.ingested END,
				bytes = log_streams.bytes + excluded.bytes`, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("note log streams: %w", err)
	}
	return nil
}
