package events

import "tocsin/core/event"

// BlockIDs calls visit with the time and the id of every event of a block, given
// its body, in the order in which they came.
func BlockIDs(body []byte, visit func(at int64, id event.ID)) error {
	b, err := openBlock(body)
	if err != nil {
		return err
	}
	for i, id := range b.ids {
		visit(b.times[i], id)
	}
	return nil
}
