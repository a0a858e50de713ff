package deliver

import "time"

// SetGrace is for tests of the stop, which would otherwise take seconds.
func (c *Courier) SetGrace(d time.Duration) { c.grace = d }
