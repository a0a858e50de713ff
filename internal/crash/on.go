//go:build crash

package crash

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
)

var (
	at, nth, _ = strings.Cut(os.Getenv("TOCSIN_CRASH"), "@")
	left       atomic.Int64
	without    = os.Getenv("TOCSIN_WITHOUT")
)

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
