//go:build linux

package crashtest

import (
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"tocsin/internal/pgtest"
)

// killsOfTwo is how often one of two daemons is killed; TOCSIN_KILLS bounds it.
func killsOfTwo(t *testing.T) int {
	if testing.Short() {
		return 10
	}
	if text := os.Getenv("TOCSIN_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		must(t, err)
		return min(n, 60)
	}
	return 60
}

// Two daemons share a database, a folder and a queue. Now the one, now the other
// is killed, at random or at a point, or asked to end, while the other works on:
// nothing is lost, and nothing is there twice.
func TestTwo(t *testing.T) {
	bin, names := build(t), points(t)
	t.Parallel()
	w := newWorld(t, 13, func(string) string { return pgtest.Start(t).Database(t) })
	kills := killsOfTwo(t)
	choice := newChoice(w.rand, names)
	var daemons [2]*daemon
	var point [2]string
	start := func(i int, name string, nth int) {
		point[i] = name
		daemons[i] = w.startAs(i, bin, longest, fmt.Sprintf("TOCSIN_CRASH=%s@%d", name, nth))
	}
	calm := w.files0 / 4 // files for when nobody is killed any more
	each := max(1, (w.files0-calm)/kills)
	asked := 0
	start(0, "", 1)
	start(1, "", 1)
	for i := range kills {
		for range min(each, len(w.files)-calm) {
			w.deliver()
		}
		victim := i % 2
		name, nth, allowance := choice.next()
		switch {
		case point[victim] != "":
			daemons[victim].begun(t)
			if daemons[victim].killed(t, allowance) {
				choice.reached[point[victim]]++
			}
		case i%10 < 2 && w.ready(victim, 5*time.Second):
			daemons[victim].stop(t)
			asked++
		default:
			daemons[victim].killed(t, time.Duration(20+w.rand.IntN(700))*time.Millisecond)
		}
		if i%3 == 0 {
			name = ""
		}
		start(victim, name, nth)
	}
	for i, d := range daemons {
		d.killed(t, 0)
		start(i, "", 1)
	}
	w.told.relent()
	for i := range daemons {
		if !w.ready(i, 2*time.Minute) {
			t.Fatalf("daemon %d does not become ready\n%s", i, &daemons[i].log)
		}
	}
	for len(w.files) > 0 {
		w.deliver()
		time.Sleep(30 * time.Millisecond) // files come one after another
	}
	w.settled(daemons[:]...)
	var took [2]float64
	for i := range daemons {
		took[i] = w.metrics(i)[`tocsin_files_total{result="committed"}`]
	}
	t.Logf("%d kills, at %d of %d points, %d of them in order; of the last %d files they took %v", kills, len(choice.reached), len(names), asked, calm, took)
	if took[0] == 0 || took[1] == 0 {
		t.Errorf("one of the two did nothing: they took %v files", took)
	}
	for _, d := range daemons {
		d.stop(t)
	}
	if err := w.check(); err != nil {
		t.Error(err)
	}
}
