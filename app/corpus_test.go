package app

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"tocsin/core/control"
	"tocsin/flow"
	"tocsin/internal/corpus"
	"tocsin/source"
	"tocsin/store/state"
)

// What the daemon counts and rings over real log files is what a scan of the
// same files tells, however old they are.
func TestTheCollectionsRingAsInAScan(t *testing.T) {
	dir := corpus.Dir(t)
	for _, set := range []string{"attacks/stratus-campaign-2023", "attacks/cloud-breach-s3-2020", "benign/demo-account-2021", "fixtures/small"} {
		t.Run(filepath.Base(set), func(t *testing.T) {
			t.Parallel()
			path, err := filepath.Abs(filepath.Join(dir, set))
			if err != nil {
				t.Fatal(err)
			}
			want := scanned(t, path)
			a, _ := launch(t, configured(t, "sources: [{from: 'dir:"+path+"', since: beginning}]\nkeep: {points: 30000 days, evidence: 30000 days}\n"), Options{})
			eventually(t, "all events are stored", func() bool { return int64(stored(t, a)) == want.Events-want.Duplicates })
			differences := ""
			for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
				differences = ""
				view(t, a, func(tx *state.Tx) error {
					for _, c := range want.Controls {
						text, err := compareControl(t.Context(), tx, c)
						if err != nil {
							return err
						}
						differences += text
					}
					return nil
				})
				if differences == "" {
					return
				}
			}
			t.Error(differences)
		})
	}
}

func scanned(t *testing.T, path string) flow.Report {
	t.Helper()
	pack, err := control.Select("cis")
	if err != nil {
		t.Fatal(err)
	}
	pack.Controls = slices.DeleteFunc(pack.Controls, func(c control.Control) bool { return len(c.Parameters) > 0 })
	watches, err := flow.Watches(pack)
	if err != nil {
		t.Fatal(err)
	}
	files, err := source.Open(t.Context(), []string{path}, source.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return flow.Scan(t.Context(), files, flow.ScanOptions{Watches: watches})
}

func stored(t *testing.T, a *App) (n int) {
	t.Helper()
	view(t, a, func(tx *state.Tx) error {
		groups, err := tx.LogGroups(t.Context())
		if err != nil {
			return err
		}
		u, err := tx.Usage(t.Context(), groups[0].ID)
		n = int(u.Events)
		return err
	})
	return n
}

// compareControl tells how datapoints, minute by minute, and stays in ALARM differ.
func compareControl(ctx context.Context, tx *state.Tx, c flow.ControlReport) (string, error) {
	alarms, err := tx.Alarms(ctx)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(alarms, func(s state.Alarm) bool { return s.Definition.Name == c.ID })
	if i < 0 {
		return "there is no alarm " + c.ID + "\n", nil
	}
	points, err := tx.Points(ctx, alarms[i].Scope, alarms[i].Definition.Metric(), 0, math.MaxInt64)
	if err != nil {
		return "", err
	}
	rings, err := tx.Rings(ctx, alarms[i].ID, 0, state.MaxTime)
	if err != nil {
		return "", err
	}
	var have, want []string
	for _, p := range points {
		have = append(have, fmt.Sprint(time.UnixMilli(p.Time).UTC(), p.Samples.SampleCount))
	}
	for _, m := range c.Minutes {
		want = append(want, fmt.Sprint(m.Minute, m.Count))
	}
	if !slices.Equal(have, want) {
		return fmt.Sprintf("%s counts\n%v\nwant\n%v\n", c.ID, have, want), nil
	}
	have, want = nil, nil
	for _, r := range rings {
		have = append(have, fmt.Sprint(time.UnixMilli(r.From).UTC(), " to ", time.UnixMilli(r.To).UTC()))
	}
	for _, s := range c.Alarms {
		want = append(want, fmt.Sprint(s.From, " to ", s.To))
	}
	if !slices.Equal(have, want) {
		return fmt.Sprintf("%s rang\n%v\nwant\n%v\n", c.ID, have, want), nil
	}
	return "", nil
}
