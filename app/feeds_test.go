package app

import (
	"path/filepath"
	"testing"

	"tocsin/store/state"
)

// Events go to the log group of the source that gave their file.
func TestSourcesHaveTheirLogGroups(t *testing.T) {
	c := configured(t, "log_groups: [first, second]\nsources: [{from: 'dir:one'}, {from: 'dir:two', log_group: second}]\n")
	folder := filepath.Dir(c.Data)
	for _, into := range []string{"one", "two"} {
		copyTree(t, "../examples/takeover", filepath.Join(folder, into))
	}
	a, _ := launch(t, c, Options{})
	eventually(t, "both sources are read", func() bool { return a.ingest.Stats().FilesCommitted == 2*36 })
	view(t, a, func(tx *state.Tx) error {
		groups, err := tx.LogGroups(t.Context())
		if err != nil {
			return err
		}
		var events []int64
		for _, g := range groups {
			u, err := tx.Usage(t.Context(), g.ID)
			if err != nil {
				return err
			}
			events = append(events, u.Events)
		}
		if len(events) != 2 || events[0] == 0 || events[0] != events[1] {
			t.Errorf("the log groups have %v events", events)
		}
		return nil
	})
}
