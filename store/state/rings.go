package state

import "context"

// A Ring is a stay in ALARM in terms of the data: From and To are ends of periods
// judged, To is MaxTime while it lasts. Late says that it was found afterwards.
type Ring struct {
	ID, Alarm int64
	From, To  int64
	Late      bool
	// Told is when its last notice was published.
	Told int64
}

// AddRing writes a ring and gives its ID.
func (tx *Tx) AddRing(ctx context.Context, r Ring) (int64, error) {
	return one(ctx, tx, value[int64], `
		INSERT INTO rings (alarm, from_time, to_time, late, told) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		r.Alarm, r.From, r.To, r.Late, r.Told)
}

// Rings are those of an alarm that overlap from to to, ascending by From.
func (tx *Tx) Rings(ctx context.Context, alarmID, from, to int64) ([]Ring, error) {
	return all(ctx, tx, scanRing, `SELECT `+ringColumns+` FROM rings
		WHERE alarm = $1 AND to_time >= $2 AND from_time <= $3 ORDER BY from_time, id`, alarmID, from, to)
}

// LiveRings are those of an alarm that last, that were not told yet, or that were
// told at or after a time; ascending by From.
func (tx *Tx) LiveRings(ctx context.Context, alarmID, told int64) ([]Ring, error) {
	return all(ctx, tx, scanRing, `SELECT `+ringColumns+` FROM rings
		WHERE alarm = $1 AND (to_time = $2 OR told = 0 OR told >= $3) ORDER BY from_time, id`, alarmID, int64(MaxTime), told)
}

const ringColumns = `id, alarm, from_time, to_time, late, told`

func scanRing(r row) (ring Ring, err error) {
	var late int64
	err = r.Scan(&ring.ID, &ring.Alarm, &ring.From, &ring.To, &late, &ring.Told)
	ring.Late = late != 0
	return ring, err
}

// UpdateRing writes all of a ring but its alarm, or tells ErrNotFound.
func (tx *Tx) UpdateRing(ctx context.Context, r Ring) error {
	return tx.changed(ctx, ErrNotFound, `UPDATE rings SET from_time = $2, to_time = $3, late = $4, told = $5 WHERE id = $1`,
		r.ID, r.From, r.To, r.Late, r.Told)
}

// DropRing removes a ring that became part of another, or tells ErrNotFound.
func (tx *Tx) DropRing(ctx context.Context, id int64) error {
	return tx.changed(ctx, ErrNotFound, `DELETE FROM rings WHERE id = $1`, id)
}

// PruneRings removes rings that ended and were told before a time, at most limit,
// and tells how many.
func (tx *Tx) PruneRings(ctx context.Context, before int64, limit int) (int, error) {
	n, err := tx.exec(ctx, `
		DELETE FROM rings WHERE id IN (
			SELECT id FROM rings WHERE to_time < $1 AND told > 0 AND told < $1 ORDER BY id LIMIT $2)`, before, limit)
	return int(n), err
}
