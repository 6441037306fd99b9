// The choice of days: a named range needs no dates, and is shown as soon as it is
// chosen from the list by mouse. By keyboard one steps through the list, and sends
// the form when one has come to it.
export function choose() {
  for (const form of document.querySelectorAll('[data-scope]')) {
    const range = form.elements.range, dates = form.querySelector('.dates');
    const follow = () => {
      const custom = range.value === 'custom';
      dates.classList.toggle('unused', !custom);
      for (const input of dates.querySelectorAll('input')) input.disabled = !custom;
    };
    range.addEventListener('change', follow);
    follow();
  }
}
