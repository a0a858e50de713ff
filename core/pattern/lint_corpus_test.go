package pattern

import (
	"encoding/json"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tocsin/core/event"
	"tocsin/internal/corpus"
)

// What Lint takes for granted of CloudTrail records holds of real ones: the
// members that there are, what they hold, which are always there, which source
// an event comes from.
func TestLintKnowsRealRecords(t *testing.T) {
	dir := corpus.Dir(t)
	wrong := map[string]int{}
	records, known := 0, 0
	r := event.NewReader(event.NewFields(), event.Options{})
	for _, part := range []string{"attacks", "benign"} {
		err := filepath.WalkDir(filepath.Join(dir, part), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			defer f.Close()
			for r.Reset(path, f); ; {
				record, err := r.Next()
				if err == io.EOF {
					return nil
				}
				if err != nil {
					return err
				}
				object, ok := decodeObject(record.Raw)
				if !ok {
					continue
				}
				records++
				if holdRecord(object, wrong) {
					known++
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(wrong)) {
		t.Errorf("%s (%d times)", what, wrong[what])
	}
	if records < 4000 || known < 500 {
		t.Errorf("%d records, %d of them with an event name that Lint knows: too few to tell anything", records, known)
	}
}

// holdRecord counts what Lint is wrong about in a record, and tells whether it knows the event's name.
func holdRecord(record map[string]any, wrong map[string]int) bool {
	names := map[string]bool{}
	holdMembers("", record, names, wrong)
	version, _ := record["eventVersion"].(string)
	_, minor, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(minor); err == nil && n >= 5 {
		for name, f := range cloudTrailFields {
			if f.always && !names[name] {
				wrong["a record of version "+version+" without "+name]++
			}
		}
	}
	called, _ := record["eventName"].(string)
	source, _ := record["eventSource"].(string)
	if sources := eventSources[called]; len(sources) > 0 && !slices.Contains(sources, source) {
		wrong[called+" of "+source]++
	}
	return len(eventSources[called]) > 0
}

func holdMembers(above string, object map[string]any, names map[string]bool, wrong map[string]int) {
	for member, v := range object {
		name := strings.TrimPrefix(above+"."+member, ".")
		names[name] = true
		f, known := cloudTrailFields[name]
		if !known {
			if parent := cloudTrailFields[above]; above == "" || !parent.free {
				wrong["the member "+name]++
			}
			continue
		}
		holds := map[event.Kind]fieldKind{event.True: ofBoolean, event.False: ofBoolean, event.Number: ofNumber, event.Object: ofObject, event.Array: ofList, event.String: ofText}
		switch kind := kindOf(v); {
		case kind == event.Null && !f.nullable:
			wrong[name+" is null"]++
		case kind == event.String && f.kind == ofBooleanText:
		case kind != event.Null && holds[kind] != f.kind:
			wrong[name+" is a "+kindName(kind)]++
		}
		if text, ok := v.(string); ok && len(f.values) > 0 && !slices.Contains(f.values, text) {
			wrong[name+" is "+text]++
		}
		if below, ok := v.(map[string]any); ok {
			holdMembers(name, below, names, wrong)
		}
		if n, ok := v.(json.Number); ok && f.kind != ofNumber {
			wrong[name+" is the number "+n.String()]++
		}
	}
}
