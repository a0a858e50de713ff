package event

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
)

// checkStrict compares a strict extractor with an extractor and Valid.
func checkStrict(t *testing.T, strict *StrictExtractor, x *Extractor, record []byte) {
	t.Helper()
	got, ok := strict.Extract(record)
	want, taken := x.Extract(record)
	if valid := Valid(record); ok != (taken && valid) {
		t.Fatalf("%v for %.200q, which an extractor takes: %v, and is valid: %v", ok, record, taken, valid)
	}
	if ok && !reflect.DeepEqual(got, want) {
		t.Errorf("%q: got %v, want %v", record, got, want)
	}
}

// strictRecords are records of which one could be taken for another by what is
// remembered of those before.
var strictRecords = []string{
	"{\"a\x01\":1}", "{\"a\x01\":1,\"a\":2}", `{"ab":1}`, `{"ab" :1}`, `{ "a" : { "b" : "x" } , "a" : 1 }`, `{"a\":1}`, `{"a\"":1}`, "{\"\xff\":1}",
	`{"a":{"b":01}}`, `{"a":"\u00"}`, `{"a":"\u0061"}`, `{"a":{"b":{"c":[1,2,{"d":null}]}}}`, `{"a":{"b":{"c":[1,2,{"d":nul}]}}}`, `{"z":{"a":1]}`, `{"z":[1}`,
	`{"a":1}{`, `{"a":1} `, `{"a":1,}`, `{,"a":1}`, `{"a":-}`, `{"a":`, `{"eventVersion":"1.08" , "eventTime" : "x"}`, `{"eventVersion":"1.08","eventTime":"x"}`,
}

func TestStrictExtractor(t *testing.T) {
	fields := NewFields(testPaths...)
	strict, x := NewStrictExtractor(fields), NewExtractor(fields)
	for range 2 { // the second time with what is remembered of the first
		for _, record := range append(append(strictRecords, validTexts...), testRecords...) {
			checkStrict(t, strict, x, []byte(record))
		}
	}
	for depth := DefaultMaxDepth - 3; depth < DefaultMaxDepth+2; depth++ {
		for _, opening := range []string{`{"a":`, `{"z":`} {
			checkStrict(t, strict, x, []byte(strings.Repeat(opening, depth)+"1"+strings.Repeat("}", depth)))
		}
		checkStrict(t, strict, x, []byte(`{"a":{"b":`+strings.Repeat("[", depth)+strings.Repeat("]", depth)+`}}`))
	}
	record := []byte(testRecords[4])
	if n := testing.AllocsPerRun(100, func() { strict.Extract(record) }); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

// TestStrictExtractorOfCutRecords cuts, and spoils, records of the usual kind anywhere.
func TestStrictExtractorOfCutRecords(t *testing.T) {
	fields := NewFields(testPaths...)
	strict, x := NewStrictExtractor(fields), NewExtractor(fields)
	log := sampleLog(4)
	records := bytes.SplitAfter(log[len(`{"Records":[`):], []byte(`"}}`))
	for _, record := range records {
		record = bytes.TrimPrefix(record, []byte(","))
		for i := range record {
			checkStrict(t, strict, x, record[:i])
			spoilt := bytes.Clone(record)
			spoilt[i] = "\"\\{}[],:x0 \x00\xff"[i%13]
			checkStrict(t, strict, x, spoilt)
		}
		checkStrict(t, strict, x, record)
	}
}

func FuzzStrictExtractor(f *testing.F) {
	for _, record := range append(append(strictRecords, validTexts...), testRecords...) {
		f.Add([]byte(record))
	}
	fields := NewFields(testPaths...)
	strict, x := NewStrictExtractor(fields), NewExtractor(fields)
	f.Fuzz(func(t *testing.T, record []byte) { checkStrict(t, strict, x, record) })
}

// BenchmarkStrictExtractor is to be compared with BenchmarkExtract and BenchmarkValid
// together.
func BenchmarkStrictExtractor(b *testing.B) {
	records := sampleRecords(b)
	strict := NewStrictExtractor(NewFields(cisPaths...))
	for b.Loop() {
		for _, record := range records {
			if _, ok := strict.Extract(record); !ok {
				b.Fatal("not extracted")
			}
		}
	}
}
