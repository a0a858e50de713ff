package deliver

import "time"

// SetPoll lets Run wait longer for what nobody wakes it for.
func (c *Courier) SetPoll(d time.Duration) { c.poll = d }

// SetGrace changes for how long attempts go on after the stop. Their outcome is
// recorded however long that takes: a disk may be busy.
func (c *Courier) SetGrace(d time.Duration) { c.grace, c.recordGrace = d, time.Hour }
