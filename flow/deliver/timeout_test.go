package deliver

import (
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/store/state"
)

// A mail server that confirms a mail after 30 seconds, as Exchange may, got the same
// mail fifty times.
func TestTimeouts(t *testing.T) {
	c := New(Options{})
	job := func(p topic.Protocol) (j state.Job) {
		j.Subscription.Protocol = p
		return j
	}
	if got := c.timeout(job(topic.HTTPS)); got != 15*time.Second {
		t.Errorf("https: %v, SNS waits for 15 s", got)
	}
	if got := c.timeout(job(topic.Email)); got < 45*time.Second || got > lease-10*time.Second {
		t.Errorf("email: %v of a lease of %v", got, lease)
	}
}
