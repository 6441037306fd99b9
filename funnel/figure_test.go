package funnel_test

import (
	"math"
	"testing"

	"ringside/funnel"
)

// TestDifference holds intervals of differences to table II of R. G. Newcombe,
// "Interval estimation for the difference between independent proportions", 1998.
func TestDifference(t *testing.T) {
	for _, c := range []struct {
		k1, n1, k2, n2 int64
		low, high      float64
	}{
		{56, 70, 48, 80, 0.0524, 0.3339},
		{9, 10, 3, 10, 0.1705, 0.8090},
		{5, 56, 0, 29, -0.0381, 0.1926},
		{0, 10, 0, 10, -0.2775, 0.2775},
	} {
		low, high := funnel.Difference(c.k1, c.n1, c.k2, c.n2)
		if math.Abs(low-c.low) > 0.00005 || math.Abs(high-c.high) > 0.00005 {
			t.Errorf("%d/%d less %d/%d: %.4f to %.4f, want %.4f to %.4f", c.k1, c.n1, c.k2, c.n2, low, high, c.low, c.high)
		}
	}
}

// TestWilson holds the interval to the example of the contract.
func TestWilson(t *testing.T) {
	low, high := funnel.Wilson(5289, 45211)
	if low != 0.11405468024851946 || high != 0.11998001095919116 {
		t.Errorf("interval is %v – %v", low, high)
	}
	if low, high := funnel.Wilson(0, 10); low != 0 || high > 0.31 {
		t.Errorf("interval of 0/10 is %v – %v", low, high)
	}
	if low, high := funnel.Wilson(10, 10); high != 1 || low < 0.69 {
		t.Errorf("interval of 10/10 is %v – %v", low, high)
	}
}
