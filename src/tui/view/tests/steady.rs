//! What a frame costs in which nothing changed: how often memory is asked for. A count, not a time,
//! so that it is the same on every machine.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{COLORED, LARGE, SMALL, afternoon, draw};

/// Measured 2026-11: see `docs/benchmarks.md`. A frame that asks more often has grown a loop.
const MOST: [((u16, u16), u64); 2] = [(LARGE, 620), (SMALL, 420)];

#[test]
fn a_steady_frame_asks_for_memory_no_more_often_than_it_did() {
  let console = afternoon::console();
  for ((width, height), most) in MOST {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let mut frame = || draw(&mut buffer, area, &console.app, COLORED);
    frame();
    let asked = allocation_counter::measure(frame).count_total;
    println!("{width}x{height}: {asked}");
    assert!(
      asked <= most,
      "{width}x{height}: {asked} times, at most {most}"
    );
  }
}
