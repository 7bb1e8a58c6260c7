;; The matrix product of the local model: all that a decoder or an encoder spends its time on.
;;
;; A layer's input and output are grids of pixels, lines of them; each pixel is a row of float32 features. A fully
;; connected layer's grid is one line, with a picture's code for a pixel. An output pixel takes "parts" of the input, at
;; equal distances: a fully connected layer one, its input pixel; a convolution one for each line of its kernel, as
;; neighbouring pixels' features lie side by side. So no patch is ever copied. Every part has a multiple of 4 features.
;; All addresses and distances are in bytes.
;;
;; Each output is bias + x0 w0 + x1 w1 + ... in this order, whichever pixels are computed with it, so that a picture does
;; not depend on its batch. product.js has the same in JavaScript, for browsers without SIMD. tests/js/support/wat.js
;; makes product-wasm.js from this file: as it is, and with each multiplication and the addition after it as one
;; instruction (relaxed SIMD), which is twice as fast where the processor has it.

(module
  (memory (export "memory") 1)

  ;; What lies at this index of a row of things; at the last one's place for larger indices.
  (func $at (param $base i32) (param $distance i32) (param $index i32) (param $count i32) (result i32)
    (local $last i32)
    (local.set $last (i32.sub (local.get $count) (i32.const 1)))
    (i32.add
      (local.get $base)
      (i32.mul
        (local.get $distance)
        (select (local.get $index) (local.get $last) (i32.lt_u (local.get $index) (local.get $last))))))

  ;; All outputs of a layer. weights: for each panel of 16 columns their 16 biases, then 16 weights for each input feature.
  ;; columns: a multiple of 4. least: what no output is below, 0 for ReLU.
  (func (export "product")
    (param $in i32) (param $in_pixel i32) (param $in_line i32)
    (param $parts i32) (param $part_bytes i32) (param $part_distance i32)
    (param $weights i32) (param $panel_bytes i32) (param $columns i32)
    (param $out i32) (param $out_pixel i32) (param $out_line i32)
    (param $pixels i32) (param $lines i32) (param $least f32)
    (local $line i32) (local $pixel i32) (local $in_start i32) (local $out_start i32)
    loop $panel
      (local.set $line (i32.const 0))
      loop $next_line
        (local.set $in_start (i32.add (local.get $in) (i32.mul (local.get $line) (local.get $in_line))))
        (local.set $out_start (i32.add (local.get $out) (i32.mul (local.get $line) (local.get $out_line))))
        (local.set $pixel (i32.const 0))
        loop $next_pixels
          (call $tile
            (call $at (local.get $in_start) (local.get $in_pixel) (local.get $pixel) (local.get $pixels))
            (call $at (local.get $in_start) (local.get $in_pixel)
              (i32.add (local.get $pixel) (i32.const 1)) (local.get $pixels))
            (local.get $parts) (local.get $part_bytes) (local.get $part_distance)
            (local.get $weights) (local.get $columns)
            (call $at (local.get $out_start) (local.get $out_pixel) (local.get $pixel) (local.get $pixels))
            (call $at (local.get $out_start) (local.get $out_pixel)
              (i32.add (local.get $pixel) (i32.const 1)) (local.get $pixels))
            (local.get $least))
          (local.set $pixel (i32.add (local.get $pixel) (i32.const 2)))
          (br_if $next_pixels (i32.lt_u (local.get $pixel) (local.get $pixels)))
        end
        (local.set $line (i32.add (local.get $line) (i32.const 1)))
        (br_if $next_line (i32.lt_u (local.get $line) (local.get $lines)))
      end
      (local.set $weights (i32.add (local.get $weights) (local.get $panel_bytes)))
      (local.set $out (i32.add (local.get $out) (i32.const 64)))
      (local.set $columns (i32.sub (local.get $columns) (i32.const 16)))
      (br_if $panel (i32.gt_s (local.get $columns) (i32.const 0)))
    end)

  ;; Two pixels (or one twice) times a panel of 16 columns: p0 to p3 are the first's outputs, q0 to q3 the second's.
  (func $tile
    (param $in_first i32) (param $in_second i32)
    (param $parts i32) (param $part_bytes i32) (param $part_distance i32)
    (param $weights i32) (param $columns i32)
    (param $out_first i32) (param $out_second i32) (param $least f32)
    (local $first i32) (local $second i32) (local $end i32) (local $x v128)
    (local $w0 v128) (local $w1 v128) (local $w2 v128) (local $w3 v128)
    (local $p0 v128) (local $p1 v128) (local $p2 v128) (local $p3 v128)
    (local $q0 v128) (local $q1 v128) (local $q2 v128) (local $q3 v128)
    (local.set $q0 (local.tee $p0 (v128.load (local.get $weights))))
    (local.set $q1 (local.tee $p1 (v128.load offset=16 (local.get $weights))))
    (local.set $q2 (local.tee $p2 (v128.load offset=32 (local.get $weights))))
    (local.set $q3 (local.tee $p3 (v128.load offset=48 (local.get $weights))))
    (local.set $weights (i32.add (local.get $weights) (i32.const 64)))
    loop $part
      (local.set $first (local.get $in_first))
      (local.set $second (local.get $in_second))
      (local.set $end (i32.add (local.get $in_first) (local.get $part_bytes)))
      loop $features
        ;; input number 0 of these four: its 16 weights, then both pixels
        (local.set $w0 (v128.load (local.get $weights)))
        (local.set $w1 (v128.load offset=16 (local.get $weights)))
        (local.set $w2 (v128.load offset=32 (local.get $weights)))
        (local.set $w3 (v128.load offset=48 (local.get $weights)))
        (local.set $x (v128.load32_splat (local.get $first)))
        local.get $x  local.get $w0  f32x4.mul  local.get $p0  f32x4.add  local.set $p0
        local.get $x  local.get $w1  f32x4.mul  local.get $p1  f32x4.add  local.set $p1
        local.get $x  local.get $w2  f32x4.mul  local.get $p2  f32x4.add  local.set $p2
        local.get $x  local.get $w3  f32x4.mul  local.get $p3  f32x4.add  local.set $p3
        (local.set $x (v128.load32_splat (local.get $second)))
        local.get $x  local.get $w0  f32x4.mul  local.get $q0  f32x4.add  local.set $q0
        local.get $x  local.get $w1  f32x4.mul  local.get $q1  f32x4.add  local.set $q1
        local.get $x  local.get $w2  f32x4.mul  local.get $q2  f32x4.add  local.set $q2
        local.get $x  local.get $w3  f32x4.mul  local.get $q3  f32x4.add  local.set $q3
        ;; input number 1 of these four: its 16 weights, then both pixels
        (local.set $w0 (v128.load offset=64 (local.get $weights)))
        (local.set $w1 (v128.load offset=80 (local.get $weights)))
        (local.set $w2 (v128.load offset=96 (local.get $weights)))
        (local.set $w3 (v128.load offset=112 (local.get $weights)))
        (local.set $x (v128.load32_splat offset=4 (local.get $first)))
        local.get $x  local.get $w0  f32x4.mul  local.get $p0  f32x4.add  local.set $p0
        local.get $x  local.get $w1  f32x4.mul  local.get $p1  f32x4.add  local.set $p1
        local.get $x  local.get $w2  f32x4.mul  local.get $p2  f32x4.add  local.set $p2
        local.get $x  local.get $w3  f32x4.mul  local.get $p3  f32x4.add  local.set $p3
        (local.set $x (v128.load32_splat offset=4 (local.get $second)))
        local.get $x  local.get $w0  f32x4.mul  local.get $q0  f32x4.add  local.set $q0
        local.get $x  local.get $w1  f32x4.mul  local.get $q1  f32x4.add  local.set $q1
        local.get $x  local.get $w2  f32x4.mul  local.get $q2  f32x4.add  local.set $q2
        local.get $x  local.get $w3  f32x4.mul  local.get $q3  f32x4.add  local.set $q3
        ;; input number 2 of these four: its 16 weights, then both pixels
        (local.set $w0 (v128.load offset=128 (local.get $weights)))
        (local.set $w1 (v128.load offset=144 (local.get $weights)))
        (local.set $w2 (v128.load offset=160 (local.get $weights)))
        (local.set $w3 (v128.load offset=176 (local.get $weights)))
        (local.set $x (v128.load32_splat offset=8 (local.get $first)))
        local.get $x  local.get $w0  f32x4.mul  local.get $p0  f32x4.add  local.set $p0
        local.get $x  local.get $w1  f32x4.mul  local.get $p1  f32x4.add  local.set $p1
        local.get $x  local.get $w2  f32x4.mul  local.get $p2  f32x4.add  local.set $p2
        local.get $x  local.get $w3  f32x4.mul  local.get $p3  f32x4.add  local.set $p3
        (local.set $x (v128.load32_splat offset=8 (local.get $second)))
        local.get $x  local.get $w0  f32x4.mul  local.get $q0  f32x4.add  local.set $q0
        local.get $x  local.get $w1  f32x4.mul  local.get $q1  f32x4.add  local.set $q1
        local.get $x  local.get $w2  f32x4.mul  local.get $q2  f32x4.add  local.set $q2
        local.get $x  local.get $w3  f32x4.mul  local.get $q3  f32x4.add  local.set $q3
        ;; input number 3 of these four: its 16 weights, then both pixels
        (local.set $w0 (v128.load offset=192 (local.get $weights)))
        (local.set $w1 (v128.load offset=208 (local.get $weights)))
        (local.set $w2 (v128.load offset=224 (local.get $weights)))
        (local.set $w3 (v128.load offset=240 (local.get $weights)))
        (local.set $x (v128.load32_splat offset=12 (local.get $first)))
        local.get $x  local.get $w0  f32x4.mul  local.get $p0  f32x4.add  local.set $p0
        local.get $x  local.get $w1  f32x4.mul  local.get $p1  f32x4.add  local.set $p1
        local.get $x  local.get $w2  f32x4.mul  local.get $p2  f32x4.add  local.set $p2
        local.get $x  local.get $w3  f32x4.mul  local.get $p3  f32x4.add  local.set $p3
        (local.set $x (v128.load32_splat offset=12 (local.get $second)))
        local.get $x  local.get $w0  f32x4.mul  local.get $q0  f32x4.add  local.set $q0
        local.get $x  local.get $w1  f32x4.mul  local.get $q1  f32x4.add  local.set $q1
        local.get $x  local.get $w2  f32x4.mul  local.get $q2  f32x4.add  local.set $q2
        local.get $x  local.get $w3  f32x4.mul  local.get $q3  f32x4.add  local.set $q3
        (local.set $weights (i32.add (local.get $weights) (i32.const 256)))
        (local.set $first (i32.add (local.get $first) (i32.const 16)))
        (local.set $second (i32.add (local.get $second) (i32.const 16)))
        (br_if $features (i32.lt_u (local.get $first) (local.get $end)))
      end
      (local.set $in_first (i32.add (local.get $in_first) (local.get $part_distance)))
      (local.set $in_second (i32.add (local.get $in_second) (local.get $part_distance)))
      (local.set $parts (i32.sub (local.get $parts) (i32.const 1)))
      (br_if $part (local.get $parts))
    end
    ;; The last panel may have fewer columns; what lies after them belongs to another pixel.
    (local.set $x (f32x4.splat (local.get $least)))
    (v128.store (local.get $out_first) (f32x4.pmax (local.get $p0) (local.get $x)))
    (v128.store (local.get $out_second) (f32x4.pmax (local.get $q0) (local.get $x)))
    (br_if 0 (i32.le_s (local.get $columns) (i32.const 4)))
    (v128.store offset=16 (local.get $out_first) (f32x4.pmax (local.get $p1) (local.get $x)))
    (v128.store offset=16 (local.get $out_second) (f32x4.pmax (local.get $q1) (local.get $x)))
    (br_if 0 (i32.le_s (local.get $columns) (i32.const 8)))
    (v128.store offset=32 (local.get $out_first) (f32x4.pmax (local.get $p2) (local.get $x)))
    (v128.store offset=32 (local.get $out_second) (f32x4.pmax (local.get $q2) (local.get $x)))
    (br_if 0 (i32.le_s (local.get $columns) (i32.const 12)))
    (v128.store offset=48 (local.get $out_first) (f32x4.pmax (local.get $p3) (local.get $x)))
    (v128.store offset=48 (local.get $out_second) (f32x4.pmax (local.get $q3) (local.get $x))))

  ;; One output column, as the layer that ends in grey or colour has: the vectors run along the features, since there are
  ;; no columns to run along. weights: the bias and three zeros, then a weight for each input feature. Four sums, one for
  ;; every fourth feature, are added up at the end.
  (func (export "column")
    (param $in i32) (param $in_pixel i32) (param $in_line i32)
    (param $parts i32) (param $part_bytes i32) (param $part_distance i32)
    (param $weights i32)
    (param $out i32) (param $out_pixel i32) (param $out_line i32)
    (param $pixels i32) (param $lines i32)
    (local $pixel i32)
    loop $next_line
      (local.set $pixel (i32.const 0))
      loop $next_pixels
        (call $four
          (call $at (local.get $in) (local.get $in_pixel) (local.get $pixel) (local.get $pixels))
          (call $at (local.get $in) (local.get $in_pixel)
            (i32.add (local.get $pixel) (i32.const 1)) (local.get $pixels))
          (call $at (local.get $in) (local.get $in_pixel)
            (i32.add (local.get $pixel) (i32.const 2)) (local.get $pixels))
          (call $at (local.get $in) (local.get $in_pixel)
            (i32.add (local.get $pixel) (i32.const 3)) (local.get $pixels))
          (local.get $parts) (local.get $part_bytes) (local.get $part_distance)
          (local.get $weights)
          (call $at (local.get $out) (local.get $out_pixel) (local.get $pixel) (local.get $pixels))
          (call $at (local.get $out) (local.get $out_pixel)
            (i32.add (local.get $pixel) (i32.const 1)) (local.get $pixels))
          (call $at (local.get $out) (local.get $out_pixel)
            (i32.add (local.get $pixel) (i32.const 2)) (local.get $pixels))
          (call $at (local.get $out) (local.get $out_pixel)
            (i32.add (local.get $pixel) (i32.const 3)) (local.get $pixels)))
        (local.set $pixel (i32.add (local.get $pixel) (i32.const 4)))
        (br_if $next_pixels (i32.lt_u (local.get $pixel) (local.get $pixels)))
      end
      (local.set $in (i32.add (local.get $in) (local.get $in_line)))
      (local.set $out (i32.add (local.get $out) (local.get $out_line)))
      (local.set $lines (i32.sub (local.get $lines) (i32.const 1)))
      (br_if $next_line (local.get $lines))
    end)

  ;; Four pixels of "column"; the last of them again where there are fewer.
  (func $four
    (param $in0 i32) (param $in1 i32) (param $in2 i32) (param $in3 i32)
    (param $parts i32) (param $part_bytes i32) (param $part_distance i32)
    (param $weights i32)
    (param $out0 i32) (param $out1 i32) (param $out2 i32) (param $out3 i32)
    (local $at i32) (local $w v128)
    (local $x0 v128) (local $x1 v128) (local $x2 v128) (local $x3 v128)
    (local $p v128) (local $q v128) (local $r v128) (local $s v128)
    (local.set $p (v128.load (local.get $weights)))
    (local.set $q (local.get $p))
    (local.set $r (local.get $p))
    (local.set $s (local.get $p))
    (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
    loop $part
      (local.set $at (i32.const 0))
      loop $features
        (local.set $w (v128.load (local.get $weights)))
        (local.set $x0 (v128.load (i32.add (local.get $in0) (local.get $at))))
        (local.set $x1 (v128.load (i32.add (local.get $in1) (local.get $at))))
        (local.set $x2 (v128.load (i32.add (local.get $in2) (local.get $at))))
        (local.set $x3 (v128.load (i32.add (local.get $in3) (local.get $at))))
        local.get $x0  local.get $w  f32x4.mul  local.get $p  f32x4.add  local.set $p
        local.get $x1  local.get $w  f32x4.mul  local.get $q  f32x4.add  local.set $q
        local.get $x2  local.get $w  f32x4.mul  local.get $r  f32x4.add  local.set $r
        local.get $x3  local.get $w  f32x4.mul  local.get $s  f32x4.add  local.set $s
        (local.set $weights (i32.add (local.get $weights) (i32.const 16)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $features (i32.lt_u (local.get $at) (local.get $part_bytes)))
      end
      (local.set $in0 (i32.add (local.get $in0) (local.get $part_distance)))
      (local.set $in1 (i32.add (local.get $in1) (local.get $part_distance)))
      (local.set $in2 (i32.add (local.get $in2) (local.get $part_distance)))
      (local.set $in3 (i32.add (local.get $in3) (local.get $part_distance)))
      (local.set $parts (i32.sub (local.get $parts) (i32.const 1)))
      (br_if $part (local.get $parts))
    end
    (f32.store (local.get $out0) (call $sum (local.get $p)))
    (f32.store (local.get $out1) (call $sum (local.get $q)))
    (f32.store (local.get $out2) (call $sum (local.get $r)))
    (f32.store (local.get $out3) (call $sum (local.get $s))))

  (func $sum (param $x v128) (result f32)
    (f32.add
      (f32.add (f32x4.extract_lane 0 (local.get $x)) (f32x4.extract_lane 1 (local.get $x)))
      (f32.add (f32x4.extract_lane 2 (local.get $x)) (f32x4.extract_lane 3 (local.get $x))))))
