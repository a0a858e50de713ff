//go:build crash

package crash

import (
	"math"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

var (
	at, nth, _ = strings.Cut(os.Getenv("TOCSIN_CRASH"), "@")
	left       atomic.Int64
	without    = os.Getenv("TOCSIN_WITHOUT")
	longest    = duration(os.Getenv("TOCSIN_LONGEST"))
)

func duration(text string) time.Duration {
	d, err := time.ParseDuration(text)
	if err != nil {
		return math.MaxInt64
	}
	return d
}

func init() {
	n, err := strconv.Atoi(nth)
	if err != nil {
		n = 1
	}
	left.Store(int64(n))
}

// Point kills the process, as kill -9 does, when it is reached for the time
// that TOCSIN_CRASH=NAME@N asks for.
func Point(name string) {
	if name == at && left.Add(-1) == 0 {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

// Without tells whether TOCSIN_WITHOUT names the safeguard, so that a test can
// show that it fails then.
func Without(safeguard string) bool { return safeguard == without }

// Sooner is d, or TOCSIN_LONGEST if that is shorter: how long leases last of a
// process that is no more, and garbage. The test cannot wait for the real ends.
func Sooner(d time.Duration) time.Duration { return min(d, longest) }
