//go:build crash

package deliver_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"tocsin/core/topic"
	"tocsin/flow/deliver"
	"tocsin/notify"
	"tocsin/store/roster"
	"tocsin/store/state"
)

// The process that is killed is this test, with these in its environment: the
// database, and by how much its clock is ahead.
const (
	childDatabase = "TOCSIN_DELIVER_DATABASE"
	childAhead    = "TOCSIN_DELIVER_AHEAD"
)

// TestChild delivers what there is until nothing is pending.
func TestChild(t *testing.T) {
	dsn := os.Getenv(childDatabase)
	if dsn == "" {
		t.Skip("it is run by TestKilledAnywhere")
	}
	ahead, err := time.ParseDuration(os.Getenv(childAhead))
	if err != nil {
		t.Fatal(err)
	}
	db, err := state.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return time.Now().Add(ahead) }
	signer, err := roster.OpenSigner(t.Context(), db, site, now())
	if err != nil {
		t.Fatal(err)
	}
	receivers, err := notify.New(notify.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := deliver.New(deliver.Options{State: db, Receivers: receivers, Signer: signer, Site: site, Now: now, Owner: fmt.Sprint(os.Getpid())})
	for {
		if _, err := c.Tick(t.Context(), now()); err != nil {
			t.Fatal(err)
		}
		var counts map[state.DeliveryStatus]int64
		var waiting int64
		if err := db.View(t.Context(), func(tx *state.Tx) (err error) {
			if counts, _, err = tx.DeliveryCounts(t.Context()); err != nil {
				return err
			}
			waiting, err = tx.NextDelivery(t.Context(), now())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if counts[state.Pending] == 0 && waiting > now().UnixMilli() {
			break
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// Wherever the process is killed, every message arrives, under one id, and only
// those that were being sent arrive twice.
func TestKilledAnywhere(t *testing.T) {
	const messages, subscriptions = 6, 3
	for _, point := range []string{"about to take", "taken", "about to send", "sent", "recorded"} {
		for _, nth := range []int{1, 2, 7} {
			if nth == 7 && (point == "taken" || point == "about to take") {
				continue // there are not as many
			}
			t.Run(fmt.Sprint(point, " ", nth), func(t *testing.T) {
				var mu sync.Mutex
				got := map[string]int{}
				e := newEndpoint(t, time.Now, nil)
				e.answer = func(_ int, _ http.ResponseWriter, r *http.Request) {
					mu.Lock()
					defer mu.Unlock()
					got[r.URL.Path+" "+r.Header.Get("X-Amz-Sns-Message-Id")]++
				}
				dsn := "sqlite:" + filepath.Join(t.TempDir(), "state.db")
				db, err := state.Open(t.Context(), dsn)
				if err != nil {
					t.Fatal(err)
				}
				b := benchOn(t, db, func(o *deliver.Options) { o.Now = time.Now })
				for i := range subscriptions {
					b.subscribe(t, topic.HTTP, fmt.Sprintf("%s/%d", e.URL, i), nil)
				}
				for i := range messages {
					b.publish(t, fmt.Sprint(i))
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				child := func(crash, ahead string) error {
					cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
					cmd.Env = append(os.Environ(), childDatabase+"="+dsn, childAhead+"="+ahead, "TOCSIN_CRASH="+crash)
					out, err := cmd.CombinedOutput()
					if err != nil {
						err = fmt.Errorf("%w: %s", err, out)
					}
					return err
				}
				var exit *exec.ExitError
				if err := child(fmt.Sprintf("deliver: %s@%d", point, nth), "0s"); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("it was not killed: %v", err)
				}
				if err := child("", "2m"); err != nil {
					t.Fatal(err)
				}
				twice := 0
				for what, n := range got {
					switch {
					case n == 2:
						twice++
					case n > 2:
						t.Errorf("%s arrived %d times", what, n)
					}
				}
				if len(got) != messages*subscriptions || twice > 32 {
					t.Errorf("%d of %d arrived, %d of them twice", len(got), messages*subscriptions, twice)
				}
			})
		}
	}
}
