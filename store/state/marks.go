package state

import (
	"cmp"
	"context"
	"slices"
	"time"
)

// A Mark says that a log file was taken in, or given up for good. Source, Key
// and Version name it: a file is taken in once. Version is the ETag of an object,
// the size and time of a file: content that changed is another file.
type Mark struct {
	Source, Key, Version string

	Account, Region string // of the file's name, "" when it does not tell
	Last            int64  // time of the newest event
	Events          int64  // stored
	Duplicates      int64  // events that were stored before
	Rejected        int64  // records that are no events
	Problem         string // why nothing, or not all, of the file could be read
	At              time.Time
}

func (m Mark) id() string { return hash(m.Source, m.Key, m.Version) }

// AddMarks writes the marks that are new and tells which are. Of two marks of one
// file the first counts.
func (tx *Tx) AddMarks(ctx context.Context, marks []Mark) (fresh []bool, err error) {
	order := sortedBy(marks, Mark.id)
	written := map[string]bool{}
	err = batches(len(order), func(from, to int) error {
		var args []any
		for _, k := range order[from:to] {
			m := marks[k.at]
			args = append(args, []byte(k.key), m.Source, m.Key, m.Version, m.Account, m.Region, m.Last,
				m.Events, m.Duplicates, m.Rejected, m.Problem, m.At)
		}
		ids, err := all(ctx, tx, value[[]byte], `
			INSERT INTO marks (id, source, key, version, account, region, last_event, events, duplicates, rejected, problem, at)
			VALUES `+values(to-from, 12)+`
			ON CONFLICT (id) DO NOTHING
			RETURNING id`, args...)
		for _, id := range ids {
			written[string(id)] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	fresh = make([]bool, len(marks))
	var news []Mark
	for i, m := range marks {
		if fresh[i] = written[m.id()]; fresh[i] {
			delete(written, m.id())
			news = append(news, m)
		}
	}
	return fresh, tx.addLastFiles(ctx, news)
}

// Marked tells which of the files are marked, looking at Source, Key and Version.
func (tx *Tx) Marked(ctx context.Context, files []Mark) ([]bool, error) {
	found := map[string]bool{}
	err := batches(len(files), func(from, to int) error {
		var args []any
		for _, m := range files[from:to] {
			args = append(args, []byte(m.id()))
		}
		ids, err := all(ctx, tx, value[[]byte], `SELECT id FROM marks WHERE id IN `+params(1, to-from), args...)
		for _, id := range ids {
			found[string(id)] = true
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	marked := make([]bool, len(files))
	for i, m := range files {
		marked[i] = found[m.id()]
	}
	return marked, nil
}

// MarksAfter gives at most limit marks, in an order of no meaning, from behind a
// place on; "" is the beginning. It tells the place to go on from, "" at the end.
func (tx *Tx) MarksAfter(ctx context.Context, place string, limit int) (marks []Mark, next string, err error) {
	marks, err = all(ctx, tx, func(r row) (m Mark, err error) {
		var at int64
		err = r.Scan(&m.Source, &m.Key, &m.Version, &m.Account, &m.Region, &m.Last, &m.Events, &m.Duplicates, &m.Rejected, &m.Problem, &at)
		m.At = instant(at)
		return m, err
	}, `SELECT source, key, version, account, region, last_event, events, duplicates, rejected, problem, at
		FROM marks WHERE id > $1 ORDER BY id LIMIT $2`, []byte(place), limit)
	if err != nil || len(marks) < limit {
		return marks, "", err
	}
	return marks, marks[len(marks)-1].id(), nil
}

// PruneMarks removes the marks made before a time, at most limit, and tells how many.
func (tx *Tx) PruneMarks(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM marks WHERE id IN (SELECT id FROM marks WHERE at < $1 ORDER BY at, id LIMIT $2)`, before, limit)
	return int(n), err
}

// A LastFile is the newest file of a source from an account and Region.
type LastFile struct {
	Source, Account, Region, Key string
	At                           time.Time // when it was taken in
	NewestEvent                  time.Time // of all files so far
	Files, Events                int64     // so far
}

func (f LastFile) id() string { return hash(f.Source, f.Account, f.Region) }

// addLastFiles counts marks that were written.
func (tx *Tx) addLastFiles(ctx context.Context, marks []Mark) error {
	sums := map[string]LastFile{}
	for _, m := range marks {
		f := LastFile{Source: m.Source, Account: m.Account, Region: m.Region}
		id := f.id()
		if have, ok := sums[id]; ok {
			f = have
		}
		if !m.At.Before(f.At) {
			f.Key, f.At = m.Key, m.At
		}
		if newest := instant(m.Last); newest.After(f.NewestEvent) {
			f.NewestEvent = newest
		}
		f.Files++
		f.Events += m.Events
		sums[id] = f
	}
	order := sortedKeys(sums)
	return batches(len(order), func(from, to int) error {
		var args []any
		for _, id := range order[from:to] {
			f := sums[id]
			args = append(args, []byte(id), f.Source, f.Account, f.Region, f.Key, f.At, f.NewestEvent, f.Files, f.Events)
		}
		_, err := tx.exec(ctx, `
			INSERT INTO last_files (id, source, account, region, key, at, newest_event, files, events)
			VALUES `+values(to-from, 9)+`
			ON CONFLICT (id) DO UPDATE SET
				key = CASE WHEN excluded.at >= last_files.at THEN excluded.key ELSE last_files.key END,
				at = CASE WHEN excluded.at >= last_files.at THEN excluded.at ELSE last_files.at END,
				newest_event = CASE WHEN excluded.newest_event >= last_files.newest_event THEN excluded.newest_event ELSE last_files.newest_event END,
				files = last_files.files + excluded.files,
				events = last_files.events + excluded.events`, args...)
		return err
	})
}

// PruneLastFiles forgets the accounts and Regions whose last file was taken in
// before a time, at most limit, and tells how many.
func (tx *Tx) PruneLastFiles(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM last_files WHERE id IN (SELECT id FROM last_files WHERE at < $1 ORDER BY at, id LIMIT $2)`, before, limit)
	return int(n), err
}

// LastFiles are those of all sources, by source, account and Region. AddMarks
// keeps them; PruneMarks leaves them alone.
func (tx *Tx) LastFiles(ctx context.Context) ([]LastFile, error) {
	files, err := all(ctx, tx, func(r row) (f LastFile, err error) {
		var at, newest int64
		err = r.Scan(&f.Source, &f.Account, &f.Region, &f.Key, &at, &newest, &f.Files, &f.Events)
		f.At, f.NewestEvent = instant(at), instant(newest)
		return f, err
	}, `SELECT source, account, region, key, at, newest_event, files, events FROM last_files`)
	slices.SortFunc(files, func(a, b LastFile) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Account, b.Account), cmp.Compare(a.Region, b.Region))
	})
	return files, err
}

// Position is how far a source got, in its own words; "" when it has not begun.
func (tx *Tx) Position(ctx context.Context, source, part string) (string, error) {
	found, err := all(ctx, tx, value[string], `SELECT position FROM positions WHERE id = $1`, []byte(hash(source, part)))
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// SetPosition is written in the transaction that made it true.
func (tx *Tx) SetPosition(ctx context.Context, source, part, position string) error {
	_, err := tx.exec(ctx, `
		INSERT INTO positions (id, source, part, position) VALUES ($1, $2, $3, $4)
		ON CONFLICT (id) DO UPDATE SET position = excluded.position`,
		[]byte(hash(source, part)), source, part, position)
	return err
}
