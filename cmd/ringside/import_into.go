package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"ringside/api/importer"
	"ringside/campaign"
	"ringside/db"
)

// importInto is where an import goes: a database, or a running server.
type importInto interface {
	// prepare makes sure that the campaign is there, creating it by config where
	// that is not nil, and returns the names that items may call it by.
	prepare(ctx context.Context, ref string, config []byte) (names []string, err error)
	// take stores items and says, when they are durable, what became of them.
	take(ctx context.Context, items []importer.Item) (taken, error)
	// piece is how many items one take is best given.
	piece() int
	close() error
}

// taken says what became of a piece. Those refused are by place in the piece.
type taken struct {
	Created, Updated, Unchanged int
	Rejected                    []rejected
}

type rejected struct {
	Index          int
	Field, Message string
}

// rejectedFor is an item that was refused by what is stored, or could not be read.
func rejectedFor(index int, err error) rejected {
	var wrong *campaign.Error
	var unfit *campaign.Rejected
	if errors.As(err, &unfit) {
		wrong = unfit.Err
	}
	if wrong != nil || errors.As(err, &wrong) {
		return rejected{index, wrong.Field, wrong.Message}
	}
	return rejected{index, "", err.Error()}
}

var errMissing = errors.New("name its JSON with --config to create it")

// intoStore imports into a database that no server serves.
type intoStore struct {
	store  *db.Store
	form   *campaign.Form
	ref    string
	unlock func()
}

func (in *intoStore) piece() int { return 5000 }

func (in *intoStore) close() error {
	err := in.store.Close()
	in.unlock()
	return err
}

func (in *intoStore) prepare(ctx context.Context, ref string, config []byte) ([]string, error) {
	if ref == campaign.NoCampaign {
		return nil, nil
	}
	of, err := in.store.Campaign(ctx, ref)
	var missing *campaign.Error
	if errors.As(err, &missing) && missing.Kind == campaign.NotFound {
		if config == nil {
			return nil, errors.Join(err, errMissing)
		}
		decoded, bad := decodeConfig(ref, config)
		if bad != nil {
			return nil, bad
		}
		of, _, err = in.store.PutCampaign(ctx, ref, decoded)
	}
	in.ref = of.Ref
	return []string{of.Ref, of.ID().String()}, err
}

func (in *intoStore) take(ctx context.Context, items []importer.Item) (out taken, err error) {
	posts, places := make([]*campaign.Version, 0, len(items)), make([]int, 0, len(items))
	for i, item := range items {
		v, err := in.form.Decode(item.JSON)
		if err != nil {
			out.Rejected = append(out.Rejected, rejectedFor(i, err))
			continue
		}
		posts, places = append(posts, v), append(places, i)
	}
	if len(posts) == 0 {
		return out, nil
	}
	receipt, err := in.store.Record(ctx, in.ref, posts, false)
	if err != nil {
		return out, err
	}
	out.Created, out.Updated, out.Unchanged = receipt.Created, receipt.Updated, receipt.Unchanged
	for _, r := range receipt.Rejected {
		out.Rejected = append(out.Rejected, rejectedFor(places[r.Index], r.Err))
	}
	slices.SortFunc(out.Rejected, func(a, b rejected) int { return a.Index - b.Index })
	return out, nil
}

// placePath is where the API has a campaign, or the queue of a campaign.QueueKey.
func placePath(key string) string {
	if queue, ok := campaign.QueueOf(key); ok {
		return "/v1/queues/" + url.PathEscape(queue)
	}
	return "/v1/campaigns/" + url.PathEscape(key)
}

func decodeConfig(key string, config []byte) (campaign.Config, error) {
	if _, queue := campaign.QueueOf(key); queue {
		return campaign.DecodeQueue(config)
	}
	return campaign.DecodeConfig(config)
}

// intoServer imports through a running server.
type intoServer struct {
	*client
	path string
}

// piece is as many items as a receipt lists refusals.
func (in *intoServer) piece() int { return 1000 }

func (in *intoServer) close() error { return nil }

func newIntoServer(c *client, kind, ref string) *intoServer {
	path := placePath(ref) + "/" + kind
	if collectionOf(kind) == campaign.CostForm.Name {
		path = "/v1/costs" // each entry names its campaign
	}
	return &intoServer{c, path}
}

// prepare looks for the campaign only when it may have to create it: a key that
// can do nothing but post is good for an import too.
func (in *intoServer) prepare(ctx context.Context, ref string, config []byte) ([]string, error) {
	if config == nil {
		return []string{ref}, nil
	}
	path := placePath(ref)
	var shown struct{ ID, Ref string }
	status, err := in.read(ctx, http.MethodGet, path, "", nil, &shown, http.StatusNotFound)
	if err == nil && status == http.StatusNotFound {
		_, err = in.read(ctx, http.MethodPut, path, "application/json", config, &shown)
	}
	return []string{shown.Ref, shown.ID}, err
}

func (in *intoServer) take(ctx context.Context, items []importer.Item) (out taken, err error) {
	lines := make([][]byte, len(items))
	for i, item := range items {
		lines[i] = item.JSON
	}
	var answer struct {
		Accepted *int
		Detail   string
		taken
	}
	_, err = in.read(ctx, http.MethodPost, in.path, "application/x-ndjson", bytes.Join(lines, []byte{'\n'}), &answer, http.StatusUnprocessableEntity)
	if err == nil && answer.Accepted == nil {
		err = fmt.Errorf("the server refused a piece: %s", answer.Detail)
	}
	return answer.taken, err
}

// sharedItem says of an entry that names no campaign that campaigns share it, as CSV
// cannot.
func sharedItem(item []byte) []byte {
	var entry map[string]any
	if json.Unmarshal(item, &entry) != nil || len(entry) == 0 {
		return item // the decoder says what is wrong with it
	}
	if _, given := entry["campaign"]; given {
		return item
	}
	return append([]byte(`{"campaign":null,`), bytes.TrimSpace(item)[1:]...)
}

// campaignOf reads which campaign a cost entry names, "" where it says that campaigns
// share it; ok is false where it says nothing readable.
func campaignOf(item []byte) (ref string, ok bool) {
	var entry map[string]any
	if json.Unmarshal(item, &entry) != nil {
		return "", false // the decoder says what is wrong with it
	}
	named, given := entry["campaign"]
	ref, isText := named.(string)
	return ref, given && (isText || named == nil)
}
