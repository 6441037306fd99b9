package funnel

// ExampleKPIs are KPIs of one's own ready to be put, in the words of PUT /v1/kpis/{id}. The
// measures they read are the caller's to post.
var ExampleKPIs = []OwnKPI{
	{ID: "mql", Name: "Marketing-qualified leads", Formula: "mql", Unit: Count, Direction: Higher},
	// The month before is no part of a window: who wants it beside this one's figures posts
	// it, once it is over, as a value of this month.
	{ID: "monthly_sales_growth", Name: "Monthly sales growth", Formula: "(revenue - previous_revenue) / previous_revenue", Unit: Proportion, Direction: Higher},
	{ID: "profit_margin", Name: "Profit margin", Formula: "margin / revenue", Unit: Proportion, Direction: Higher},
	{ID: "defect_rate", Name: "Defect rate", Formula: "defects / inspected", Unit: Proportion, Direction: Lower},
	{ID: "liquidity_index", Name: "Liquidity index", Formula: "current_assets / current_liabilities", Unit: Ratio, Direction: Higher},
	{ID: "brand_awareness", Name: "Brand awareness", Formula: "aware / asked", Unit: Proportion, Direction: Higher},
}
