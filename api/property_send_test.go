package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"ringside/funnel/twin"
)

// request is one request of a sender. items is how many facts it posts.
type request struct {
	method, path, contentType string
	body                      []byte
	items                     int
	again                     bool // it was sent just before
}

// post sends everything the trial has to say, in some order: dated posts in any,
// some of them twice, over several connections at a time; the others in theirs.
// Somewhere on the way the clock moves.
func (r *trial) post() {
	posts := r.Posts()
	if r.Dated {
		posts = append(posts, posts[:r.IntN(len(posts)+1)]...)
		r.Shuffle(len(posts), func(i, j int) { posts[i], posts[j] = posts[j], posts[i] })
	}
	half := r.IntN(len(posts) + 1)
	r.sendAll(r.requests(posts[:half]))
	r.later()
	r.sendAll(r.requests(posts[half:]))
}

func (r *trial) sendAll(requests []request) {
	if r.Dated {
		r.sendAtOnce(requests, 2+r.IntN(2))
		return
	}
	for _, one := range requests {
		r.mustSend(one)
	}
}

// requests draws how posts are sent, undated ones sometimes again at once, and
// tells the twin of them. Sometimes the configuration changes on the way.
func (r *trial) requests(posts []twin.Post) (all []request) {
	for len(posts) > 0 {
		n, most := 1, min(len(posts), 1+r.IntN(12))
		for n < most && posts[n].Collection == posts[0].Collection {
			n++
		}
		one := r.request(posts[:n])
		all = append(all, one)
		if r.Maybe(10) && !r.Dated {
			one.again = true
			all = append(all, one)
			r.tell(posts[:n])
		}
		posts = posts[n:]
	}
	if r.Maybe(30) {
		r.Reconfigure()
		change := request{method: "PUT", path: r.path, body: r.ConfigBody()}
		all = slices.Insert(all, r.IntN(len(all)+1), change)
		r.twin.PutCampaign(r.Config)
	}
	return all
}

// request posts a run of items of one collection in one of the three forms.
func (r *trial) request(posts []twin.Post) request {
	items := r.tell(posts)
	one := request{method: "POST", path: r.path + "/" + posts[0].Collection, contentType: "application/json", items: len(items)}
	switch posts[0].Collection {
	case "costs":
		one.path = "/v1/costs"
	case "states":
		one.path = "/v1/agent-states"
	}
	switch form := r.IntN(3); {
	case form == 0 && len(items) == 1:
		one.body = items[0]
	case form == 1:
		one.body = slices.Concat([]byte("["), bytes.Join(items, []byte(", ")), []byte("]"))
	default:
		one.contentType = "application/x-ndjson"
		one.body = bytes.Join(items, []byte(twin.Pick(r.Trial, "\n", "\r\n", "\n\n")))
	}
	return one
}

// tell gives the twin the posts and returns them as JSON.
func (r *trial) tell(posts []twin.Post) (items [][]byte) {
	for _, p := range posts {
		body, err := json.Marshal(p.Item)
		if err != nil {
			r.Fatal(err)
		}
		var item map[string]any
		if err := decode(body, &item); err != nil {
			r.Fatal(err)
		}
		r.arrival++
		r.twin.Post(r.Config.Ref, p.Collection, item, r.arrival)
		items = append(items, body)
	}
	return items
}

// decode reads JSON and keeps numbers as their text.
func decode(body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	return d.Decode(into)
}

// sendAtOnce sends the requests over several connections at a time.
func (r *trial) sendAtOnce(all []request, senders int) {
	waiting := make(chan request)
	var group sync.WaitGroup
	for range senders {
		group.Go(func() {
			for one := range waiting {
				if err := r.send(one); err != nil {
					r.Error(err)
				}
			}
		})
	}
	for _, one := range all {
		waiting <- one
	}
	close(waiting)
	group.Wait()
	if r.Failed() {
		r.FailNow()
	}
}

func (w *world) mustSend(one request) {
	w.Helper()
	if err := w.send(one); err != nil {
		w.Fatal(err)
	}
}

// send sends one request and checks that its receipt adds up.
func (w *world) send(one request) error {
	status, body, err := w.ask(one)
	if err != nil {
		return err
	}
	if one.method == "PUT" {
		if status != http.StatusOK && status != http.StatusCreated {
			return fmt.Errorf("PUT %s: status %d: %s", one.path, status, clip(body))
		}
		return nil
	}
	var receipt struct {
		Accepted, Created, Updated, Unchanged int
		Rejected                              []any
		RejectedTotal                         *int `json:"rejected_total"`
	}
	if err := json.Unmarshal(body, &receipt); err != nil {
		return fmt.Errorf("POST %s: status %d: %s: %w", one.path, status, clip(body), err)
	}
	whole := status == http.StatusOK && receipt.Accepted == one.items && receipt.Created+receipt.Updated+receipt.Unchanged == one.items
	none := receipt.Rejected != nil && len(receipt.Rejected) == 0 && receipt.RejectedTotal != nil && *receipt.RejectedTotal == 0
	if !whole || !none || one.again && receipt.Unchanged != one.items {
		return fmt.Errorf("POST %s of %d items (again: %t): status %d: %s\nsent: %s", one.path, one.items, one.again, status, clip(body), clip(one.body))
	}
	return nil
}

// ask sends a request over a real connection.
func (w *world) ask(one request) (status int, body []byte, err error) {
	q, err := http.NewRequestWithContext(w.Context(), one.method, w.server.URL+one.path, bytes.NewReader(one.body))
	if err != nil {
		return 0, nil, err
	}
	q.Header.Set("Authorization", "Bearer "+w.house.key)
	if one.contentType != "" {
		q.Header.Set("Content-Type", one.contentType)
	}
	answer, err := w.server.Client().Do(q)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// get reads a document that has to be there.
func (w *world) get(path string, into any) {
	w.Helper()
	status, body, err := w.ask(request{method: "GET", path: path})
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("status %d: %s", status, clip(body))
	}
	if err == nil {
		err = decode(body, into)
	}
	if err != nil {
		w.Fatalf("GET %s: %v", path, err)
	}
}
