package api

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ringside/campaign"
)

type writingStore interface {
	// Writing returns how posts have been written since the store was opened.
	Writing() campaign.Writing
}

// getMetrics says how the server is doing, in the text format of Prometheus.
func (s *Server) getMetrics(c *gin.Context) error {
	w := s.store.Writing()
	var b strings.Builder
	put := func(name, kind, help, value string) {
		fmt.Fprintf(&b, "# HELP ringside_%s %s\n# TYPE ringside_%s %s\nringside_%s %s\n", name, help, name, kind, name, value)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	put("commits_total", "counter", "Transactions that stored posts.", number(w.Commits))
	put("committed_posts_total", "counter", "Posts, or pieces of long posts, stored by them.", number(w.Posts))
	put("committed_items_total", "counter", "Items of those posts.", number(w.Items))
	put("commit_seconds_total", "counter", "How long those transactions took in all.", strconv.FormatFloat(w.Took.Seconds(), 'f', -1, 64))
	put("waiting_posts", "gauge", "Posts that wait to be stored.", number(int64(w.WaitingPosts)))
	put("waiting_items", "gauge", "Items of the posts that wait.", number(int64(w.WaitingItems)))
	put("waiting_bytes", "gauge", "About how much memory the posts that wait hold.", number(int64(w.WaitingBytes)))
	put("refused_posts_total", "counter", "Posts sent away with 503 because too much waited.", number(w.Refused))
	put("checkpoint_failures_total", "counter", "Failed copies of a database file's log; each is tried again and nothing is lost.", number(w.CheckpointFailures))
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "text/plain; version=0.0.4; charset=utf-8", []byte(b.String()))
	return nil
}
