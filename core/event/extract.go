package event

// An Extractor takes the wanted fields out of single records. It is for one
// goroutine.
type Extractor struct{ walk walk }

// NewExtractor makes an extractor of f, which may be nil: no fields.
func NewExtractor(f *Fields) *Extractor {
	if f == nil {
		f = NewFields()
	}
	return &Extractor{newWalk(f, DefaultMaxDepth)}
}

// Extract returns the wanted values of record by slot, Absent where there is
// none; of duplicate members the last counts. They alias record and are valid
// until the next call. False means that record is not one JSON object, as far
// as its structure had to be looked at; that it is valid JSON only Valid tells.
func (x *Extractor) Extract(record []byte) ([]Value, bool) {
	w := &x.walk
	w.reset(record)
	end := w.take(blank(record, 0))
	if end >= 0 && blank(record, end) < len(record) {
		end = w.fail(noEnd, end)
	}
	return w.values, end >= 0
}
