package state

import (
	"context"
	"slices"
	"time"
)

// Setting is a value that all processes on the database share, such as the
// signing key; "" when it was never set.
func (tx *Tx) Setting(ctx context.Context, name string) (string, error) {
	found, err := all(ctx, tx, value[string], `SELECT value FROM settings WHERE name = $1`, name)
	if err != nil || len(found) == 0 {
		return "", err
	}
	return found[0], nil
}

// InitSetting sets a value unless it is set, and gives the one that holds now.
func (tx *Tx) InitSetting(ctx context.Context, name, value string) (string, error) {
	_, err := tx.exec(ctx, `INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING`, name, value)
	if err != nil {
		return "", err
	}
	return tx.Setting(ctx, name)
}

// maxSkew is by how much the clocks of processes on one database may differ.
const maxSkew = 5 * time.Minute

// Lease takes timed work, such as sealing, for owner until a time; false while
// somebody else has it. Who has it can take it again. All take it for the same
// length of time, so that a lease that ends much later was taken by a wrong clock
// and binds nobody.
func (tx *Tx) Lease(ctx context.Context, name, owner string, now, until time.Time) (bool, error) {
	taken, err := all(ctx, tx, value[string], `
		INSERT INTO leases (name, owner, ends) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, ends = excluded.ends
			WHERE leases.owner = excluded.owner OR leases.ends <= $4 OR leases.ends > $5
		RETURNING owner`, name, owner, until, now, until.Add(maxSkew))
	return len(taken) > 0, err
}

// EndLease gives timed work back.
func (tx *Tx) EndLease(ctx context.Context, name, owner string) error {
	_, err := tx.exec(ctx, `DELETE FROM leases WHERE name = $1 AND owner = $2`, name, owner)
	return err
}

// endWithin is how long EndLease goes on after the end of its context.
const endWithin = time.Second

// EndLease gives timed work back, for a moment also after ctx has ended: a stop is to
// leave no lease behind, for whose end the next start would wait.
func (db *DB) EndLease(ctx context.Context, name, owner string) error {
	ending, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	forget := context.AfterFunc(ctx, func() { time.AfterFunc(endWithin, cancel) })
	defer forget()
	return db.Update(ending, func(tx *Tx) error { return tx.EndLease(ending, name, owner) })
}

// SetSetting sets a value, whatever it was; "" takes it away.
func (tx *Tx) SetSetting(ctx context.Context, name, value string) error {
	if value == "" {
		_, err := tx.exec(ctx, `DELETE FROM settings WHERE name = $1`, name)
		return err
	}
	_, err := tx.exec(ctx, `
		INSERT INTO settings (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// SettingsUnder are the names of the settings that begin with prefix, an ASCII
// text, in order.
func (tx *Tx) SettingsUnder(ctx context.Context, prefix string) ([]string, error) {
	names, err := all(ctx, tx, value[string], `SELECT name FROM settings WHERE substr(name, 1, $1) = $2`, len(prefix), prefix)
	slices.Sort(names)
	return names, err
}
