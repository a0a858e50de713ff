package deliver

import "time"

// SetPoll lets Run wait longer for what nobody wakes it for.
func (c *Courier) SetPoll(d time.Duration) { c.poll = d }

// SetGrace is for tests of the stop, which would otherwise take seconds.
func (c *Courier) SetGrace(d time.Duration) { c.grace = d }
